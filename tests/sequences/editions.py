"""Subscriptions to editions and with codes: what was asked for is charged, and each image is paid by the first invoice that sold it."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.discounts.models import Discount
from billing.renewals.editions import choices_for
from billing.renewals.planning import keep_edition, plan_edition
from billing.renewals.upgrade_payments import give_up_upgrade
from billing.renewals.upgrading import begin_upgrade, offer_upgrade
from billing.subscriptions.models import Subscription
from billing.subscriptions.upgrade_models import Upgrade
from marketplace.products.models import Price
from tests.sequences.base import when
from tests.sequences.shop import Asked, Sale
from tests.sequences.subscriptions import Subscriptions

NUMBER = st.integers(0, 11)
CARDS = st.sampled_from(["", "", "0341", "3184"])  # as it is, refused, and one whose holder has to confirm


class Editions(Subscriptions):
    """Whoever changes what they pay each month, and whoever pays less of it for a while."""

    @rule(size=NUMBER, who=NUMBER, code=st.integers(0, 5), heard=st.sampled_from([True, True, False]))
    def subscribe_to_an_edition(self, *, size: int, who: int, code: int, heard: bool) -> None:
        """Half of them with a code."""
        prices = list(Price.objects.current().filter(product=self.shop.sized_monthly).order_by("amount"))
        self.subscribe_at(self.pick(prices, size), who, code=self.code_at(code), heard=heard)

    @rule(who=NUMBER, code=st.integers(0, 2), heard=st.sampled_from([True, True, False]))
    def subscribe_with_a_code(self, who: int, code: int, *, heard: bool) -> None:
        prices = Price.objects.current().filter(product__in=[product.pk for product in self.shop.monthly])
        self.subscribe_at(prices.first(), who, code=self.code_at(code), heard=heard)

    def code_at(self, number: int) -> Discount | None:
        lasting = [code for code in self.shop.codes if code.duration]
        return lasting[number] if number < len(lasting) else None

    def subscribe_at(self, price: Price | None, who: int, *, code: Discount | None, heard: bool) -> None:
        user = self.shop.buyers[who % len(self.shop.buyers)]
        if price is not None:
            self.pay_for(self.place_for(user, user.account, price, code=code), heard=heard)

    def sized(self) -> list[tuple[Sale, Subscription]]:
        """The subscriptions to editions that we have heard of, which go on."""
        sales = [sale for sale in self.sales if sale.recurring and sale.of_edition]
        found = [(sale, Subscription.objects.running().filter(orders=sale.order_id).first()) for sale in sales]
        return [(sale, each) for sale, each in found if each is not None]

    def one_of_sized(self, number: int, size: int) -> tuple[Sale, Subscription] | None:
        """Of those that there are, or one that is begun now."""
        if not self.sized():
            self.subscribe_to_an_edition(size=size, who=number, code=len(self.shop.codes), heard=True)
        return self.pick(self.sized(), number)

    @rule(number=NUMBER, last4=CARDS)
    def change_edition_up(self, number: int, last4: str) -> None:
        """As the page shows it; with the card that there is, or after it was changed to another one."""
        one = self.one_of_sized(number, size=0)
        choice = next((each for each in choices_for(one[1]) if each.larger), None) if one else None
        if one is None or choice is None:
            return
        sale, found = one
        offer = self.do(offer_upgrade, subscription=found, price=choice.price, actor=sale.buyer)
        if offer is None:
            return
        if last4:
            self.use_card(found, last4)
        sale.shown[int(offer.at.timestamp())] = offer.charge.minor
        self.do(begin_upgrade, subscription=found, price=choice.price, actor=sale.buyer, at=offer.at, shown=offer.charge)
        if last4 == "0341":
            self.use_card(found, "4242")

    def use_card(self, found: Subscription, last4: str) -> None:
        subscription = self.sandbox.store.get("subscription", found.stripe_subscription_id)
        assert subscription is not None
        self.sandbox.control(f"/customers/{subscription['customer']}/card", last4=last4)

    @rule(number=NUMBER, kept=st.sampled_from([False, False, True]))
    def change_edition_down(self, number: int, *, kept: bool) -> None:
        """From the next period on, or not after all."""
        one = self.one_of_sized(number, size=1)
        if one is None:
            return
        sale, found = one
        choice = next((each for each in choices_for(found) if not each.larger), None)
        back = self.do(keep_edition, subscription=found, actor=sale.buyer) if kept else None
        if back is not None:
            sale.asked.append(Asked(self.sandbox.config.now(), max(self.shop.sized_images)))
        elif not kept and choice and self.do(plan_edition, subscription=found, price=choice.price, actor=sale.buyer):
            sale.asked.append(Asked(self.sandbox.config.now(), choice.price.amount))

    @when(lambda _: Upgrade.objects.filter(state="unpaid").exists())
    @rule(number=NUMBER, paid=st.booleans())
    def confirm_or_give_up(self, number: int, *, paid: bool) -> None:
        """At the buyer's bank, or not at all."""
        found = self.pick(list(Upgrade.objects.filter(state="unpaid").select_related("subscription").order_by("pk")), number)
        assert found is not None
        if paid:
            self.sandbox.browser.post(f"/i/{found.invoice_id}", data={"card": "4242424242424242"})
        else:
            self.do(give_up_upgrade, subscription=found.subscription, actor=found.placed_by)

    def check_editions(self, sale: Sale) -> None:
        """Each period costs the edition that was asked for, less what the code takes off; a change up costs what was shown."""
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        if session is None or not session.get("subscription"):
            return
        wanted, asked = sale.listed, list(sale.asked)
        for number, invoice in self.periods(session["subscription"]):
            line = invoice["lines"]["data"][-1]
            begins = line["period"]["start"]
            if number is None:
                assert invoice["total"] == sale.shown[begins], "a change costs something else than was shown"
                asked = [each for each in asked if each.at > invoice["created"]]
                wanted = max(self.shop.sized_images)
                continue
            wanted = [wanted, *(each.amount for each in asked if each.at < invoice["created"])][-1]
            asked = [each for each in asked if each.at >= invoice["created"]]
            assert invoice["subtotal"] == wanted, (wanted, sale)
            assert invoice["total"] == wanted - self.off(sale, number, wanted), sale

    def periods(self, subscription: str) -> Iterator[tuple[int | None, dict[str, Any]]]:
        """Each paid invoice, with which payment of the subscription it is; None if it pays a difference."""
        paid = {invoice["id"] for invoice, _ in self.invoices(subscription)}
        number = 0
        for invoice in self.sandbox.find("invoice", "parent.subscription_details.subscription", subscription):
            changes = invoice["billing_reason"] == "subscription_update"
            if invoice["id"] in paid:
                yield None if changes else number, invoice
            number += not changes

    def off(self, sale: Sale, number: int, listed: int) -> int:
        """What its code takes off a payment, the first of which is number 0: in whole steps, which a percentage may not come to."""
        if sale.code is None or not sale.reduces(number):
            return 0
        if listed == sale.listed:
            return sale.listed - sale.amount
        return sale.code.amount or round(listed * sale.code.percent / 100)
