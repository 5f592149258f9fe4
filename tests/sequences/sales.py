"""Buying once: in several currencies, at a price of one's own, with a code or an offer, for an organisation, on a card or by the bank."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.checkout.amounts import Wish
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.models import Discount
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.payments.free import take_back_free_order
from billing.payments.reconcile import reconcile_order
from tests.sequences.base import Base, Sale, when

NUMBER = st.integers(0, 11)


class Sales(Base):
    """A buyer goes to Stripe's page, and something happens there."""

    @rule(which=NUMBER, who=NUMBER, price=NUMBER, amount=st.integers(300, 400_000), for_all=st.booleans())
    def buy(self, *, which: int, who: int, price: int, amount: int, for_all: bool) -> None:
        self.place(which, who, price=price, amount=amount, for_all=for_all)

    @rule(which=NUMBER, who=NUMBER, code=NUMBER)
    def buy_with_a_code(self, which: int, who: int, code: int) -> None:
        self.place(which, who, code=self.pick(self.shop.codes, code))

    @rule(which=NUMBER, who=NUMBER, amount=st.integers(300, 9_000), email=st.sampled_from(["", "kim@example.test"]))
    def buy_for_somebody(self, which: int, who: int, amount: int, email: str) -> None:
        self.place(which, who, amount=amount, gift=GiftWish(email))

    @rule(which=NUMBER, who=NUMBER, price=NUMBER, heard=st.sampled_from([True, True, False]), as_gift=st.sampled_from([False, False, True]))
    def sell(self, *, which: int, who: int, price: int, heard: bool, as_gift: bool) -> None:
        """All of it at once, so that more of what comes after a sale is played."""
        sale = self.place(which, who, price=price, gift=GiftWish() if as_gift else None)
        self.pay_for(sale, heard=heard)

    def pay_for(self, sale: Sale | None, *, heard: bool) -> None:
        """Pay, and hear of it; or hear of it later."""
        if sale is None:
            return
        self.sandbox.control(f"/sessions/{sale.order.checkout_session_id}/pay")
        if heard:
            self.do(reconcile_order, order_id=sale.order_id)

    def place(
        self,
        which: int,
        who: int,
        *,
        price: int = 0,
        amount: int = 300,
        code: Discount | None = None,
        gift: GiftWish | None = None,
        for_all: bool = False,
    ) -> Sale | None:
        """Place an order and open its page, or go on with the one that is open."""
        product, user = self.shop.products[which % len(self.shop.products)], self.shop.buyers[who % len(self.shop.buyers)]
        chosen = self.pick(list(product.prices.order_by("currency")), price)
        assert chosen is not None
        holder = self.shop.organisation if for_all and who % len(self.shop.buyers) == 0 else user.account
        wish = Wish(chosen.pk, amount)
        order = self.do(place_order, product=product, user=user, buyer=holder, wish=wish, discount=code, gift=gift)
        return (
            self.note(order, Sale(order.pk, user, holder, product, is_gift=gift is not None, code=code, free=not order.amount))
            if order
            else None
        )

    def note(self, order: Order, sale: Sale) -> Sale:
        """Remember a sale, unless it was an open one that is gone on with; open its page."""
        known = next((each for each in self.sales if each.order_id == order.pk), None)
        if known is None:
            self.sales.append(sale)
        if order.amount:
            self.do(open_checkout, order=order)
        return known or sale

    def press(self, deed: str, number: int) -> None:
        """Press a button of one of the pages that are open, or have the bank answer."""
        status = "complete" if deed in {"settle", "fail"} else "open"
        sessions = self.sandbox.find("checkout.session", "status", status)
        session = self.pick([each for each in sessions if status == "open" or each.get("_settles")], number)
        if session is not None:
            self.sandbox.control(f"/sessions/{session['id']}/{deed}")

    def page_is_open(self) -> bool:
        return bool(self.sandbox.find("checkout.session", "status", "open"))

    @when(page_is_open)
    @rule(number=NUMBER)
    def pay(self, number: int) -> None:
        self.press("pay", number)

    @when(page_is_open)
    @rule(number=NUMBER, deed=st.sampled_from(["pay", "pay", "decline", "expire", "pay-later"]))
    def press_another_button(self, number: int, deed: str) -> None:
        self.press(deed, number)

    @when(lambda self: any(each.get("_settles") for each in self.sandbox.find("checkout.session", "status", "complete")))
    @rule(number=NUMBER, deed=st.sampled_from(["settle", "fail"]))
    def bank_answers(self, number: int, deed: str) -> None:
        self.press(deed, number)

    @when(lambda self: any(sale.free for sale in self.sales))
    @rule(number=NUMBER)
    def staff_take_back_what_was_free(self, number: int) -> None:
        sale = self.pick([sale for sale in self.sales if sale.free], number)
        assert sale is not None
        if self.do(take_back_free_order, order=sale.order, reason="By mistake.", actor=self.shop.staff):
            sale.taken_back = True
