"""Gifts: paid for or given by a seller, to an account, as a link or by a file; claimed by somebody, sent again and taken back."""

from datetime import datetime, timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts.people.models import Account
from marketplace.entitlements.selectors import end_of_day
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import gift_of_order
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.ending import revoke_gift
from marketplace.gifts.services.giving import Giving, give_link, give_to_account
from marketplace.gifts.services.links import renew_gift
from marketplace.gifts.services.uploads import give_by_file
from marketplace.products.models import Product
from tests.sequences.base import Base, when
from tests.sequences.shop import Given, Sale

NUMBER = st.integers(0, 11)
DAYS = st.sampled_from([0, 2, 40])  # 0: for good


class Gifts(Base):
    """Whoever has the link of a gift, and sellers who give."""

    def gifts(self) -> list[tuple[Sale, Gift]]:
        found = [(sale, gift_of_order(sale.order_id)) for sale in self.sales if sale.is_gift]
        return [(sale, gift) for sale, gift in found if gift is not None]

    @when(lambda self: self.given or any(sale.is_gift for sale in self.sales))
    @rule(number=NUMBER, who=NUMBER)
    def claim(self, number: int, who: int) -> None:
        """Into the library of one of the buyers, or of the organisation that the first one buys for."""
        buyers = self.shop.buyers
        user, holder = (buyers[0], self.shop.organisation) if who == len(buyers) else (buyers[who % len(buyers)], None)
        holder = holder or user.account
        gifts: list[tuple[Sale | Given, Gift]] = [*self.gifts(), *((given, given.gift) for given in self.given)]
        found = self.pick(gifts, number)
        if found and self.do(claim_gift, gift=found[1], user=user, holder=holder):
            self.note_claim(found[0], holder)

    def note_claim(self, what: Sale | Given, holder: Account) -> None:
        if isinstance(what, Sale):
            assert what.claimed_by is None, "a gift was claimed twice"
            what.claimed_by = holder
        else:
            assert what.holder is None, "a gift was claimed twice"
            assert not what.revoked, "a gift was claimed that was taken back"
            what.holder = holder

    @when(lambda self: any(sale.is_gift for sale in self.sales))
    @rule(number=NUMBER)
    def send_again(self, number: int) -> None:
        found = self.pick(self.gifts(), number)
        if found:
            self.do(renew_gift, gift=found[1], email="lee@example.test", actor=found[0].buyer)

    @rule(which=NUMBER, who=NUMBER, days=DAYS)
    def seller_gives(self, which: int, who: int, days: int) -> None:
        """To a buyer at once, or as a link."""
        product = self.product_given(which)
        ends_at = timezone.now() + timedelta(days=days) if days else None
        how = {"giving": Giving(product, access_ends_at=ends_at), "reason": "They tested it.", "actor": product.seller.account.user}
        if who % 3 == 0:
            made = self.do(give_link, **how)
            gift, holder = made[0] if made else None, None
        else:
            holder = self.shop.buyers[who % len(self.shop.buyers)].account
            gift = self.do(give_to_account, holder=holder, **how)
        if gift is not None:
            self.note_given(gift, product, ends_at)
            self.given[-1].holder = holder

    @rule(which=NUMBER, lines=st.integers(1, 2), days=DAYS)
    def seller_gives_by_file(self, *, which: int, lines: int, days: int) -> None:
        """The same line again gives nothing."""
        product = self.product_given(which)
        day = (timezone.now() + timedelta(days=days)).date()
        rows = [f"p{number}@example.test,{product.namespace.name}/{product.slug},{day if days else ''}" for number in range(lines)]
        content = "\r\n".join(["email,product,ends_on", *rows]).encode()
        known = {given.gift.pk for given in self.given}
        made = self.do(give_by_file, seller_id=product.seller_id, content=content, reason="A course.", actor=product.seller.account.user)
        fresh = list(Gift.objects.filter(upload_key__gt="").exclude(pk__in=known)) if made else []
        assert not made or (made.given, made.known) == (len(fresh), lines - len(fresh))
        for gift in fresh:
            self.note_given(gift, product, end_of_day(day) if days else None)
        keys = [given.gift.upload_key for given in self.given if given.gift.upload_key]
        assert len(keys) == len(set(keys)), "a line of a file was given twice"

    def product_given(self, which: int) -> Product:
        return self.shop.products[which % len(self.shop.products)]

    def note_given(self, gift: Gift, product: Product, ends_at: datetime | None) -> None:
        self.given.append(Given(gift, product, frozenset(product.images.values_list("pk", flat=True)), ends_at))

    @when(lambda self: self.given)
    @rule(number=NUMBER)
    def seller_takes_back(self, number: int) -> None:
        given = self.pick(self.given, number)
        assert given is not None
        actor = given.product.seller.account.user
        if self.do(revoke_gift, gift=given.gift, reason="By mistake.", actor=actor):
            given.revoked = True
