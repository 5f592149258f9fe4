"""What is paid by the month: begun, renewed by the clock, refused and paid after all, canceled and taken back, ended by staff's stop."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.renewals.services import set_renewal
from billing.subscriptions.models import Subscription
from marketplace.products.models import Price
from tests.sequences.base import when
from tests.sequences.sales import Sales

NUMBER = st.integers(0, 11)


class Subscriptions(Sales):
    """Whoever pays each month."""

    def running(self) -> list[dict[str, Any]]:
        """The subscriptions that go on at Stripe."""
        return [each for each in self.sandbox.find("subscription") if each["status"] in {"active", "past_due"}]

    @rule(which=NUMBER, who=NUMBER, paid=st.sampled_from([True, True, False]), heard=st.sampled_from([True, True, False]))
    def subscribe(self, *, which: int, who: int, paid: bool, heard: bool) -> None:
        product, user = self.shop.monthly[which % len(self.shop.monthly)], self.shop.buyers[who % len(self.shop.buyers)]
        price = Price.objects.current().get(product=product)
        sale = self.place_for(user, user.account, price)
        if paid:
            self.pay_for(sale, heard=heard)

    @when(running)
    @rule(number=NUMBER, last4=st.sampled_from(["4242", "0341", "0341"]))
    def change_card(self, number: int, last4: str) -> None:
        found = self.pick(self.running(), number)
        assert found is not None
        self.sandbox.control(f"/customers/{found['customer']}/card", last4=last4)

    @when(lambda _: Subscription.objects.running().exists())
    @rule(number=NUMBER, renews=st.booleans())
    def cancel_or_go_on(self, *, number: int, renews: bool) -> None:
        found = self.pick(list(Subscription.objects.running().order_by("created_at")), number)
        assert found is not None
        self.do(set_renewal, subscription=found, renews=renews, actor=found.placed_by)

    @when(running)
    @rule(number=NUMBER)
    def end_in_the_dashboard(self, number: int) -> None:
        found = self.pick(self.running(), number)
        assert found is not None
        self.sandbox.browser.delete(f"/v1/subscriptions/{found['id']}", headers=self.sandbox.headers)

    @when(running)
    @rule(number=NUMBER)
    def a_period_passes(self, number: int) -> None:
        """Until the next period of one of them has been charged, or was refused."""
        found = self.pick(self.running(), number)
        assert found is not None
        self.pass_time(found["items"]["data"][0]["current_period_end"] + 4000 - self.sandbox.config.now())
