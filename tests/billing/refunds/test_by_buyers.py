"""A buyer takes the money back alone while nothing was pulled, and the race of pull and refund."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.organisations.errors import NoSuchOrganisation
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.orders.models import Order
from billing.orders.refund_windows import refund_words, time_to_hear_of_pulls
from billing.payments.due import continue_waiting_refunds
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import OrderNotRefundable, OwnRefundNotOffered, PulledAlready
from billing.refunds.models import Refund
from billing.refunds.services import GIVEN_BACK, give_back, request_refund
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.insights.models import BuyerPull, PullCount
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from registry_auth.inbox.models import RegistryEnvelope
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import DisputeFactory
from tests.factories.marketplace import PullCountFactory, digest_of
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def pull(order: Order, by: User) -> PullCount:
    counted: PullCount = PullCountFactory(image=order.images.get().image, buyer=by.account, day=timezone.now().date())
    return counted


def decide(refund: Refund) -> Refund:
    """Let the time pass in which pulls are heard of, and go on."""
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - time_to_hear_of_pulls(), due_at=timezone.now())
    return continue_refund(refund_id=refund.pk)


def nothing_changed(order: Order) -> bool:
    order.refresh_from_db()
    in_force = Entitlement.objects.in_force().filter(source_id=order.pk).count()
    return (order.state, order.refund_requested_amount, Refund.objects.count(), in_force) == ("paid", 0, 0, 1)


def test_what_was_not_pulled_is_given_back(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    refund = give_back(order=paid, actor=buyer)
    assert (refund.state, refund.origin, refund.amount, refund.reason) == ("waiting", "buyer", 500, GIVEN_BACK)
    assert holds(buyer) == []  # paused at once
    assert continue_refund(refund_id=refund.pk).stripe_refund_id is None  # not before its time
    assert continue_waiting_refunds() == 0

    refund = decide(refund)

    paid.refresh_from_db()
    assert (refund.state, paid.state, paid.refunded_amount, holds(buyer)) == ("succeeded", "refunded", 500, [])
    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1
    seller = paid.seller.account.user
    assert seller is not None
    mails = set(OutgoingMail.objects.filter(key__contains=str(refund.pk)).values_list("to", flat=True))
    assert mails == {buyer.email, seller.email}
    assert AuditEvent.objects.get(action="order.refund_requested").actor == buyer


def test_all_that_is_left_is_given_back_after_the_dashboard_gave_a_part_meanwhile(
    paid: Order, buyer: User, sandbox: Sandbox, holds
) -> None:
    refund = give_back(order=paid, actor=buyer)
    sandbox.refund(paid, amount=200, reverse_transfer="true", refund_application_fee="true")
    heard = reconcile_order(order_id=paid.pk)
    assert (heard.state, heard.refund_requested_amount, holds(buyer)) == ("partially_refunded", 500, [])

    refund = decide(refund)

    paid.refresh_from_db()
    assert (refund.state, refund.amount, paid.state, paid.refunded_amount) == ("succeeded", 300, "refunded", 500)
    assert (paid.flagged_at, holds(buyer)) == (None, [])


def test_what_was_pulled_since_the_sale_is_not_given_back(paid: Order, buyer: User) -> None:
    pull(paid, buyer)

    with pytest.raises(PulledAlready):
        give_back(order=paid, actor=buyer)

    assert nothing_changed(paid)


def test_a_pull_before_the_sale_or_by_somebody_else_prevents_nothing(paid: Order, buyer: User) -> None:
    counted = pull(paid, buyer)
    PullCount.objects.filter(pk=counted.pk).update(day=counted.day - timedelta(days=1))
    pull(paid, UserFactory())

    assert give_back(order=paid, actor=buyer).state == "waiting"


def test_a_pull_that_is_counted_after_the_request_wins(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    refund = give_back(order=paid, actor=buyer)
    pull(paid, buyer)  # made before access was paused, or by a token that was issued before; heard of now

    refund = decide(refund)

    paid.refresh_from_db()
    assert (refund.state, refund.failure) == ("failed", "It was pulled since the sale.")
    assert (paid.state, paid.refund_requested_amount, paid.flagged_at, len(holds(buyer))) == ("paid", 0, None, 1)
    assert sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"] == []
    mail = OutgoingMail.objects.get(key=f"refund-refused:{refund.pk}")
    assert (mail.to, "has been pulled since the sale" in mail.body_text) == (buyer.email, True)


def test_a_refused_return_may_be_refunded_by_staff(paid: Order, buyer: User) -> None:
    refund = give_back(order=paid, actor=buyer)
    pull(paid, buyer)
    decide(refund)

    asked = request_refund(order=paid, amount=None, reason="As a courtesy.", actor=UserFactory(staff=True))

    assert continue_refund(refund_id=asked.pk).state == "succeeded"


def test_the_time_for_it_ends(paid: Order, buyer: User) -> None:
    Order.objects.update(paid_at=timezone.now() - timedelta(days=14, minutes=1))

    with pytest.raises(OwnRefundNotOffered):
        give_back(order=paid, actor=buyer)

    assert nothing_changed(paid)


def test_a_sale_keeps_what_was_offered_when_it_was_made(paid: Order, buyer: User, settings: Any) -> None:
    settings.LAYERSTORE_UNPULLED_REFUND_DAYS = 0

    assert paid.unpulled_refund_days == 14
    assert give_back(order=paid, actor=buyer).state == "waiting"


def test_where_it_is_switched_off_nobody_takes_money_back_alone(product: Product, buyer: User, buy, settings: Any) -> None:
    settings.LAYERSTORE_UNPULLED_REFUND_DAYS = 0
    order = reconcile_order(order_id=buy(product, buyer).pk)

    with pytest.raises(OwnRefundNotOffered):
        give_back(order=order, actor=buyer)

    assert nothing_changed(order)


def test_it_is_given_back_once(paid: Order, buyer: User) -> None:
    give_back(order=paid, actor=buyer)

    with pytest.raises(OrderNotRefundable):
        give_back(order=paid, actor=buyer)

    assert Refund.objects.count() == 1


def test_what_is_not_in_force_is_not_given_back(opened: Order, buyer: User) -> None:
    with pytest.raises(OrderNotRefundable):
        give_back(order=opened, actor=buyer)

    assert Refund.objects.count() == 0


def test_what_a_bank_asks_back_is_not_given_back(paid: Order, buyer: User) -> None:
    DisputeFactory(order=paid, status="under_review")

    with pytest.raises(OrderNotRefundable):
        give_back(order=paid, actor=buyer)

    assert nothing_changed(paid)


def test_only_who_buys_for_the_buyer_gives_it_back(paid: Order) -> None:
    with pytest.raises(NoSuchOrganisation):
        give_back(order=paid, actor=UserFactory())

    assert nothing_changed(paid)


def test_the_decision_waits_for_pulls_that_are_told_and_not_counted(paid: Order, buyer: User) -> None:
    refund = give_back(order=paid, actor=buyer)
    RegistryEnvelope.objects.create(body=[])

    refund = decide(refund)

    assert (refund.state, refund.stripe_refund_id) == ("waiting", None)
    pull(paid, buyer)
    RegistryEnvelope.objects.update(drained_at=timezone.now())
    assert decide(refund).state == "failed"


@pytest.mark.parametrize("field", ["drained_at", "given_up_at", "received_at"])
def test_what_is_counted_or_given_up_or_was_told_later_keeps_no_decision_waiting(field: str, paid: Order, buyer: User) -> None:
    refund = give_back(order=paid, actor=buyer)
    RegistryEnvelope.objects.create(body=[], **{field: timezone.now() + timedelta(hours=1)})

    assert decide(refund).state == "succeeded"


def test_a_member_s_pull_counts_as_the_organisation_s(paid: Order, buyer: User) -> None:
    member = MembershipFactory(user=UserFactory())
    Order.objects.update(buyer=member.account)
    owner = MembershipFactory(account=member.account, role="owner").user
    pull(paid, member.user)
    paid.refresh_from_db()

    with pytest.raises(PulledAlready):
        give_back(order=paid, actor=owner)

    assert Refund.objects.count() == 0


def test_a_dispute_that_opens_meanwhile_keeps_access_paused_and_the_money_with_the_bank(paid: Order, buyer: User, sandbox, holds) -> None:
    refund = give_back(order=paid, actor=buyer)
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)

    refund = decide(refund)

    paid.refresh_from_db()
    assert (refund.state, paid.state, holds(buyer)) == ("failed", "disputed", [])
    sandbox.control(f"/disputes/{dispute}/win")
    assert reconcile_order(order_id=paid.pk).state == "paid"
    assert len(holds(buyer)) == 1


def test_a_dispute_won_before_the_decision_does_not_resume_access(paid: Order, buyer: User, sandbox, holds) -> None:
    refund = give_back(order=paid, actor=buyer)
    sandbox.control(f"/disputes/{sandbox.dispute(paid)}/win")
    Order.objects.filter(pk=paid.pk).update(state="disputed")

    assert reconcile_order(order_id=paid.pk).state == "paid"

    assert holds(buyer) == []
    assert decide(refund).state == "succeeded"


def test_after_a_partial_refund_the_rest_is_given_back(paid: Order, buyer: User, holds) -> None:
    staff = UserFactory(staff=True)
    continue_refund(refund_id=request_refund(order=paid, amount=Money(200, "eur"), reason="Late.", actor=staff).pk)

    refund = decide(give_back(order=paid, actor=buyer))

    paid.refresh_from_db()
    assert (refund.amount, paid.state, paid.refunded_amount, holds(buyer)) == (300, "refunded", 500, [])


def test_one_that_was_settled_meanwhile_is_not_refused(paid: Order, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    refund = give_back(order=paid, actor=buyer)

    def pulled_while_another_worker_made_it(order: Order) -> bool:
        order.refunds.update(state="succeeded", stripe_refund_id="re_other", settled_at=timezone.now())
        return True

    monkeypatch.setattr("billing.payments.refunding.was_pulled", pulled_while_another_worker_made_it)

    assert decide(refund).state == "succeeded"
    assert OutgoingMail.objects.filter(key__startswith="refund-refused").count() == 0


@pytest.mark.parametrize(
    ("own", "promised", "ago", "beginnings"),
    [
        (0, 0, 0, []),
        (14, 0, 0, ["By yourself"]),
        (0, 30, 0, ["Acme gives"]),
        (14, 30, 0, ["By yourself", "Acme gives"]),
        (14, 30, 20, ["Acme gives"]),
        (14, 30, 40, []),
    ],
)
def test_an_order_says_what_was_promised_while_that_lasts(own: int, promised: int, ago: int, beginnings: list[str]) -> None:
    now, seller = timezone.now(), SellerProfile(display_name="Acme")
    order = Order(unpulled_refund_days=own, refund_days=promised, paid_at=now - timedelta(days=ago), seller=seller)

    words = refund_words(order, now)

    assert [sentence[: len(beginning)] for sentence, beginning in zip(words, beginnings, strict=True)] == beginnings
    assert refund_words(Order(unpulled_refund_days=own, refund_days=promised), now) == []


class TestPage:
    @pytest.fixture
    def client(self, buyer: User) -> Client:
        client = Client()
        client.force_login(buyer)
        return client

    def test_the_order_leads_to_it_and_it_says_what_happens(self, paid: Order, client: Client) -> None:
        address = f"/orders/{paid.pk}/refund/"
        assert address in client.get(f"/orders/{paid.pk}/").content.decode()

        page = client.get(address).content.decode()

        assert "You get €5.00 back" in page
        assert "After 16 minutes" in page
        assert Refund.objects.count() == 0

    def test_pressing_the_button_gives_it_back(self, paid: Order, client: Client) -> None:
        answer = client.post(f"/orders/{paid.pk}/refund/")

        assert (answer.status_code, answer["Location"]) == (302, f"/orders/{paid.pk}/")
        page = client.get(f"/orders/{paid.pk}/").content.decode()
        assert "Being given back." in page
        assert f"/orders/{paid.pk}/refund/" not in page
        assert "Pull it" not in page

    def test_what_was_pulled_is_shown_instead_of_the_button(self, paid: Order, buyer: User, client: Client) -> None:
        counted = pull(paid, buyer)

        page = client.get(f"/orders/{paid.pk}/refund/").content.decode()

        assert "It was pulled since you bought it" in page
        assert counted.image.repository in page
        assert "Give it back for" not in page
        refused = client.post(f"/orders/{paid.pk}/refund/")
        assert (refused.status_code, Refund.objects.count()) == (409, 0)

    def test_after_the_time_the_page_says_whom_to_ask(self, paid: Order, client: Client) -> None:
        Order.objects.update(paid_at=timezone.now() - timedelta(days=20), refund_days=30)

        page = client.get(f"/orders/{paid.pk}/refund/").content.decode()

        assert "You could give it back on your own until" in page
        assert "gives the money back to who asks until" in page

    def test_a_promise_whose_time_is_over_is_not_made_again(self, paid: Order, client: Client) -> None:
        Order.objects.update(paid_at=timezone.now() - timedelta(days=40), refund_days=30)

        page = client.get(f"/orders/{paid.pk}/refund/").content.decode()

        assert "may give you the money back all the same" in page
        assert "gives the money back to who asks until" not in page

    def test_what_is_not_paid_has_nothing_to_give_back(self, opened: Order, client: Client) -> None:
        page = client.get(f"/orders/{opened.pk}/refund/").content.decode()

        assert "There is nothing that you can give back on your own at the moment." in page
        assert "has promised no refund for this order" in page

    def test_where_the_registry_told_of_each_pull_its_network_client_and_digest_are_shown(
        self, paid: Order, buyer: User, client: Client
    ) -> None:
        image, now = pull(paid, buyer).image, timezone.now()
        kept = {"digest": digest_of("one"), "client": "docker/27.3.1", "first_at": now, "last_at": now, "day": now.date(), "count": 1}
        BuyerPull.objects.create(image=image, buyer=buyer.account, address="203.0.113.7", **kept)

        page = client.get(f"/orders/{paid.pk}/refund/").content.decode()

        assert "203.0.113.0/24" in page
        assert "203.0.113.7" not in page
        assert "docker/27.3.1" in page
        assert digest_of("one").removeprefix("sha256:")[:12] in page

    def test_a_refused_return_is_told_on_the_order(self, paid: Order, buyer: User, client: Client) -> None:
        refund = give_back(order=paid, actor=buyer)
        pull(paid, buyer)
        decide(refund)

        assert "€5.00 was not refunded: it was pulled" in client.get(f"/orders/{paid.pk}/").content.decode()
        assert "There is nothing to give back" not in client.get(f"/orders/{paid.pk}/refund/").content.decode()
