"""Sellers change prices, announce them to subscribers, make offers to one buyer, and stop selling; staff stop products too."""

from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.renewals.announcing import announce_price
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import NewPrice, set_prices
from marketplace.products.services.publishing import publish_product, reinstate_product, suspend_product, withdraw_product
from tests.sequences.base import when
from tests.sequences.editions import Editions
from tests.sequences.shop import Raised, Sale

NUMBER = st.integers(0, 11)
NOTICE = timedelta(days=30).total_seconds()


class Prices(Editions):
    """What a seller asks for."""

    @when(lambda self: any(sale.recurring for sale in self.sales))
    @rule(which=NUMBER, amount=st.sampled_from([999, 1499, 1999, 2499]), announced=st.sampled_from([True, True, False]))
    def change_price_of_subscriptions(self, *, which: int, amount: int, announced: bool) -> None:
        product = self.shop.monthly[which % len(self.shop.monthly)]
        actor, price = product.seller.account.user, NewPrice(Money(amount, "eur"), interval=Price.Interval.MONTH)
        prices = self.do(set_prices, product=product, prices=[price], actor=actor)
        if prices and announced and self.do(announce_price, price=prices[0], actor=actor):
            self.raised.append(Raised(product, amount, timezone.now()))

    @when(lambda self: any(sale.of_edition for sale in self.sales))
    @rule(size=NUMBER, amount=st.sampled_from([650, 900, 1650, 2000]))
    def change_price_of_edition(self, size: int, amount: int) -> None:
        """What is being paid goes on at the price that its buyer was shown."""
        product = self.shop.wholes[-1]
        edition = self.pick(list(product.editions.order_by("position")), size)
        self.do(set_prices, product=product, edition=edition, prices=[NewPrice(Money(amount, "eur"))], actor=product.seller.account.user)

    def check_prices(self) -> None:
        """Nobody has paid anything but what they were shown, or were told of long enough before."""
        for sale in self.sales:
            for number, intent in enumerate(self.paid(sale)):
                charge = self.charge_of(intent)
                if charge is not None and not (number and sale.recurring):
                    assert charge["amount"] == sale.amount, sale
            if sale.recurring and sale.of_edition:
                self.check_editions(sale)
            elif sale.recurring:
                self.check_renewals(sale)

    def check_renewals(self, sale: Sale) -> None:
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        told = [each for each in self.raised if each.product.pk == sale.product.pk]
        for number, invoice in self.periods(session["subscription"]) if session and session.get("subscription") else ():
            assert number is not None
            listed, begins = invoice["subtotal"], invoice["lines"]["data"][0]["period"]["start"]
            assert listed in {sale.listed, *(each.amount for each in told)}, (listed, sale)
            assert invoice["total"] == listed - self.off(sale, number, listed), sale
            long_ago = [each.amount for each in told if each.at.timestamp() + NOTICE <= begins]
            assert listed <= max([sale.listed, *long_ago]), "a renewal costs more than was announced in time"

    @rule(which=NUMBER, who=NUMBER, amount=st.sampled_from([0, 300, 1234, 2900]), days=st.sampled_from([1, 9]), accepted=st.booleans())
    def offer(self, *, which: int, who: int, amount: int, days: int, accepted: bool) -> None:
        """A price of their own to one of the buyers, or to the organisation."""
        products = [product for product in self.shop.products if self.may_be_offered(product)]
        product = products[which % len(products)]
        to = [*(user.email for user in self.shop.buyers), self.shop.organisation.handle][who % 3]
        ends_at, actor = timezone.now() + timedelta(days=days), product.seller.account.user
        made = self.do(make_offer, product=product, price=Money(amount, "eur"), to=to, ends_at=ends_at, actor=actor)
        if made is not None:
            self.codes.append(made)
            if accepted:
                self.accept(made, who)

    def may_be_offered(self, product: Product) -> bool:
        return Price.objects.current().filter(product=product, currency="eur", edition=None, kind=Price.Kind.ONE_OFF).exists()

    @when(lambda self: len(self.codes) > len(self.shop.codes))
    @rule(number=NUMBER, who=NUMBER)
    def accept_offer(self, number: int, who: int) -> None:
        offer = self.pick(self.codes[len(self.shop.codes) :], number)
        assert offer is not None
        self.accept(offer, who)

    def accept(self, offer: Discount, who: int) -> None:
        """Whoever it is meant for buys, or tries to, and so does somebody else."""
        user = self.shop.buyers[0 if who % 3 == len(self.shop.buyers) else who % 3]
        holder = self.shop.organisation if who % 3 == len(self.shop.buyers) else user.account
        price = Price.objects.current().filter(product__in=offer.products.all(), currency=offer.currency).first()
        if price is not None:
            self.pay_for(self.place_for(user, holder, price, code=offer), heard=True)

    @rule(which=NUMBER, by_staff=st.booleans())
    def product_is_stopped(self, *, which: int, by_staff: bool) -> None:
        """Whoever has it keeps it; a payment that comes too late is given back."""
        product = self.stoppable(which)
        if by_staff:
            self.do(suspend_product, product=product, reason="It mines coins.", actor=self.shop.staff)
        else:
            self.do(withdraw_product, product=product, actor=product.seller.account.user)

    @when(lambda _: Product.objects.exclude(state=Product.State.PUBLISHED).exists())
    @rule()
    def products_are_sold_again(self) -> None:
        for product in Product.objects.exclude(state=Product.State.PUBLISHED):
            self.do(reinstate_product, product=product, reason="It does not.", actor=self.shop.staff)
            self.do(publish_product, product=product, actor=product.seller.account.user)

    def stoppable(self, which: int) -> Product:
        products = [*self.shop.products, *self.shop.monthly]
        return products[which % len(products)]
