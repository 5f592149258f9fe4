"""Buying once: in several currencies, at a price of one's own, with a code or an offer, for an organisation, on a card or by the bank."""

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts.people.models import Account, User
from billing.checkout.amounts import Wish
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.models import Discount
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.payments.free import take_back_free_order
from billing.payments.reconcile import reconcile_order
from marketplace.products.models import Price, Product
from tests.sequences.base import when
from tests.sequences.credits import Credits
from tests.sequences.shop import Sale

NUMBER = st.integers(0, 11)


class Sales(Credits):
    """A buyer goes to Stripe's page, and something happens there."""

    @rule(which=NUMBER, who=NUMBER, price=NUMBER, amount=st.integers(300, 400_000), for_all=st.booleans())
    def buy(self, *, which: int, who: int, price: int, amount: int, for_all: bool) -> None:
        self.place(which, who, price=price, amount=amount, for_all=for_all)

    @rule(which=NUMBER, who=NUMBER, code=NUMBER)
    def buy_with_a_code(self, which: int, who: int, code: int) -> None:
        self.place(which, who, code=self.pick(self.codes, code))

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
        holder = self.shop.organisation if for_all and who % len(self.shop.buyers) == 0 else user.account
        chosen = self.pick(list(Price.objects.current().filter(product=product).order_by("currency", "amount")), price)
        assert chosen is not None
        return self.place_for(user, holder, chosen, amount=amount, code=code, gift=gift)

    def place_for(
        self, user: User, holder: Account, price: Price, *, amount: int = 300, code: Discount | None = None, gift: GiftWish | None = None
    ) -> Sale | None:
        wish = Wish(price.pk, amount)
        # A machine's products are as they were when it began, and prices change.
        product = Product.objects.get(pk=price.product_id)
        before = {sale.order_id for sale in self.sales}
        order = self.do(place_order, product=product, user=user, buyer=holder, wish=wish, discount=code, gift=gift)
        if order is None:
            return None
        images = frozenset((price.edition or product).images.values_list("pk", flat=True))
        sale = Sale(
            order.pk,
            user,
            holder,
            product,
            images,
            order.amount,
            order.currency,
            amount if price.buyer_decides else price.amount,
            credit=order.credit_amount,
            credited=frozenset(order.credits.values_list("earlier_id", flat=True)),
            of_edition=price.edition_id is not None,
            recurring=bool(price.interval),
            is_gift=gift is not None,
            code=code if order.amount or order.discount_amount else None,  # where nothing is left it is not used
        )
        if order.pk not in before:
            self.check_price(sale, price)
        return self.note(order, sale)

    def check_price(self, sale: Sale, price: Price) -> None:
        """What is asked for is the price less what was paid for parts of it before, less a discount."""
        listed = sale.listed
        assert 0 <= sale.amount <= listed - sale.credit
        assert sale.code is not None or sale.amount == listed - sale.credit
        if sale.code is not None:
            assert sale.code.ends_at is None or sale.code.ends_at > timezone.now(), "an offer counts after its end"
            assert sale.code.kind != Discount.Kind.PRICE or sale.amount <= sale.code.amount, "it costs more than was offered"
        if self.knows_all():
            due = 0 if price.buyer_decides else self.credit_due(sale, listed)
            assert due in {None, sale.credit}, (due, sale)

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
