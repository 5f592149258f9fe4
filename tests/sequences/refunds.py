"""Money that goes back: by the seller, by staff, by the buyer alone, in Stripe's own dashboard; and refunds that come back."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.payments.refunding import continue_refund
from billing.refunds.models import Refund
from billing.refunds.services import give_back, refund_by_seller, request_refund
from common.money import Money
from tests.sequences.base import Base, when

NUMBER = st.integers(0, 11)
PARTS = st.sampled_from([0, 1, 100, 333, 999])
SENT_BACK = {"reverse_transfer": "true", "refund_application_fee": "true"}


def steps(number: int, currency: str) -> Money:
    """So many of the smallest amounts that are charged in a currency."""
    return Money(number * Money(0, currency).step.minor, currency)


class Refunds(Base):
    """Whoever gives money back."""

    def sold(self) -> list[int]:
        return [number for number, sale in enumerate(self.sales) if not sale.free]

    @when(sold)
    @rule(number=NUMBER, part=PARTS, by_staff=st.booleans(), at_once=st.booleans())
    def refund(self, *, number: int, part: int, by_staff: bool, at_once: bool) -> None:
        """Of a subscription the newest period; a step of the currency is what `part` counts in."""
        sale = self.sales[self.pick(self.sold(), number) or 0]
        order = sale.order
        if order.subscription:
            order = order.subscription.orders.order_by("-created_at").first() or order
        amount = steps(part, order.currency) if part else None
        if by_staff:
            made = self.do(request_refund, order=order, amount=amount, reason="It did not start.", actor=self.shop.staff)
        else:
            made = self.do(refund_by_seller, order=order, amount=amount, reason="Sorry.", actor=order.seller.account.user)
        if made is not None and at_once:
            self.do(continue_refund, refund_id=made.pk)

    @when(sold)
    @rule(number=NUMBER)
    def buyer_gives_back(self, number: int) -> None:
        sale = self.sales[self.pick(self.sold(), number) or 0]
        self.do(give_back, order=sale.order, actor=sale.buyer)

    @when(lambda _: Refund.objects.filter(state="waiting").exists())
    @rule(number=NUMBER)
    def worker_goes_on(self, number: int) -> None:
        found = self.pick(list(Refund.objects.filter(state="waiting").order_by("created_at")), number)
        assert found is not None
        self.do(continue_refund, refund_id=found.pk)

    @when(lambda self: self.charges())
    @rule(number=NUMBER, part=PARTS, sent_back=st.booleans())
    def refund_in_the_dashboard(self, *, number: int, part: int, sent_back: bool) -> None:
        charge = self.pick(self.charges(), number)
        assert charge is not None
        amount = {"amount": str(steps(part, charge["currency"]).minor)} if part else {}
        self.sandbox.post("/refunds", payment_intent=charge["payment_intent"], **amount, **(SENT_BACK if sent_back else {}))

    @when(lambda self: [each for each in self.sandbox.find("refund", "status", "succeeded") if each["payment_intent"]])
    @rule(number=NUMBER)
    def refund_comes_back(self, number: int) -> None:
        """The buyer's bank cannot take it."""
        made = [each for each in self.sandbox.find("refund", "status", "succeeded") if each["payment_intent"]]
        refund = self.pick(made, number)
        assert refund is not None
        self.sandbox.control(f"/refunds/{refund['id']}/fail", reason="declined")
