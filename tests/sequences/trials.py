"""Trials without a card: begun once, for a person or an organisation, and over by the clock, by staff, or because it was bought."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.products.models import Edition, Product
from marketplace.trials.models import Trial
from marketplace.trials.services.ending import end_trial
from marketplace.trials.services.starting import start_trial
from tests.sequences.base import when
from tests.sequences.expected import is_undisturbed
from tests.sequences.shop import Tried
from tests.sequences.upgrades import Upgrades

NUMBER = st.integers(0, 11)


class Trials(Upgrades):
    """Whoever tries before they buy."""

    def tryable(self) -> list[Product]:
        return [product for product in [*self.shop.products, *self.shop.monthly] if product.trial_days]

    @rule(which=NUMBER, who=NUMBER, size=NUMBER, for_all=st.booleans())
    def begin_trial(self, *, which: int, who: int, size: int, for_all: bool) -> None:
        product, user = self.pick(self.tryable(), which), self.shop.buyers[who % len(self.shop.buyers)]
        assert product is not None
        holder = self.shop.organisation if for_all and who % len(self.shop.buyers) == 0 else user.account
        edition = self.pick(list(Edition.objects.filter(product=product)), size)
        known = self.knows_all()
        trial = self.do(start_trial, product=product, user=user, holder=holder, edition=edition)
        if trial is None:
            return
        assert not any(self.uses_up(tried, product, user.pk, holder.pk) for tried in self.tried), "it was tried before"
        assert not known or not self.card_has_tried(product, {user.account.pk, holder.pk}), "a card has tried it before"
        images = frozenset((edition or product).images.values_list("pk", flat=True))
        now = timezone.now()  # when it began: the clock stands still
        self.tried.append(Tried(trial.pk, user, holder, product, images, int(now.timestamp()), now + timedelta(days=product.trial_days)))

    def uses_up(self, tried: Tried, product: Product, user: UUID, holder: UUID) -> bool:
        return tried.product.pk == product.pk and (tried.user.pk == user or tried.holder.pk == holder)

    def card_has_tried(self, product: Product, accounts: set[UUID]) -> bool:
        """Whether a card that one of the accounts has paid with has paid for somebody who has tried the product."""
        theirs = set().union(*(self.cards_of(account) for account in accounts))
        tried = [{each.user.account.pk, each.holder.pk} for each in self.tried if each.product.pk == product.pk]
        return any(theirs & self.cards_of(account) for each in tried for account in each)

    def cards_of(self, account: UUID) -> set[str]:
        charges = [
            charge
            for sale in self.sales
            if sale.holder.pk == account
            for charge in self.charges_of(sale)
            if charge and is_undisturbed(charge)
        ]
        cards = [charge["payment_method_details"].get("card") for charge in charges if charge.get("payment_method_details")]
        return {card["fingerprint"] for card in cards if card}

    @when(lambda self: self.tried)
    @rule(number=NUMBER)
    def buy_what_was_tried(self, number: int) -> None:
        tried = self.pick(self.tried, number)
        assert tried is not None
        for price in tried.product.prices.current().order_by("amount"):
            if tried.images <= set((price.edition or tried.product).images.values_list("pk", flat=True)):
                self.pay_for(self.place_for(tried.user, tried.holder, price), heard=bool(number % 3))
                return

    @when(lambda self: self.tried)
    @rule(number=NUMBER)
    def staff_end_trial(self, number: int) -> None:
        tried = self.pick(self.tried, number)
        assert tried is not None
        if self.do(end_trial, trial=Trial.objects.get(pk=tried.trial_id), reason="Used to mine coins.", actor=self.shop.staff):
            tried.ends_at = timezone.now()
