"""The webhook inbox: what comes in, and what becomes of it."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox import handlers, tasks
from billing.inbox.due import handle_due_events
from billing.inbox.models import StripeEvent
from billing.inbox.services import handle_event, retry_event
from billing.orders.models import Order
from billing.refunds.models import Refund
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.payments import read_payment
from billing.stripe.webhooks import OUR_VERSION
from common.db.errors import LockTimeout
from common.db.outages import outages
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.billing import StripeEventFactory
from tests.support.sandbox import Sandbox, post_webhook, signature_of

pytestmark = pytest.mark.django_db(transaction=True)


def payload_of(**changes: Any) -> bytes:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
    }
    return json.dumps(event | changes).encode()


def test_a_signed_event_is_stored_and_answered() -> None:
    assert post_webhook(payload_of(account="acct_1")) == 204

    event = StripeEvent.objects.get()
    assert (event.pk, event.type, event.object_id, event.account_id) == ("evt_1", "checkout.session.completed", "cs_test_1", "acct_1")
    assert (event.handled_at, event.attempts, event.livemode) == (None, 0, False)


def test_a_repeated_delivery_is_stored_once() -> None:
    assert [post_webhook(payload_of()) for _ in range(3)] == [204] * 3

    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(lambda _: "", id="no signature"),
        pytest.param(lambda _: "t=1,v1=00", id="nonsense"),
        pytest.param(lambda _: f"t={int(time.time())},v1=é", id="not even ASCII"),
        pytest.param(lambda payload: signature_of(payload, secret="whsec_other"), id="wrong secret"),
        pytest.param(lambda payload: signature_of(payload, moment=int(time.time()) - 301), id="stale timestamp"),
        pytest.param(lambda _: signature_of(payload_of(id="evt_2")), id="altered body"),
    ],
)
def test_a_forged_event_is_refused(signature: Callable[[bytes], str]) -> None:
    assert post_webhook(payload_of(), signature(payload_of())) == 400

    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"no json", id="no event"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"object": "event"}', id="an event about nothing"),
        pytest.param(payload_of(livemode=None), id="neither live nor test"),
        pytest.param(payload_of(id="e" * 300), id="an id that is too long"),
    ],
)
def test_what_is_signed_and_no_event_is_refused(payload: bytes) -> None:
    assert (
        post_webhook(payload, signature_of(payload)) == 400
    )  # signed now: it would be refused as stale when the run has taken five minutes

    assert not StripeEvent.objects.exists()


def test_without_a_secret_there_is_no_endpoint(settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    assert post_webhook(payload_of(), signature_of(payload_of(), secret="")) == 404
    assert not StripeEvent.objects.exists()


def test_each_of_several_secrets_counts(settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = "whsec_platform, whsec_connect"  # as people write a list

    assert post_webhook(payload_of(), signature_of(payload_of(), secret="whsec_connect")) == 204
    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
@pytest.mark.parametrize("connect", [False, True], ids=["platform", "connect"])
def test_while_a_secret_is_replaced_the_old_and_the_new_one_count(settings, secret: str, connect: bool) -> None:  # noqa: FBT001  a parameter of pytest
    settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_old,whsec_new", "whsec_other"
    if connect:
        settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_other", "whsec_old,whsec_new"
    payload = payload_of(account="acct_1") if connect else payload_of()

    assert post_webhook(payload, signature_of(payload, secret=secret), connect=connect) == 204
    assert post_webhook(payload, signature_of(payload, secret="whsec_other"), connect=connect) == 400
    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("account", "connect"),
    [pytest.param("acct_1", False, id="an account's at ours"), pytest.param(None, True, id="ours at the accounts'")],
)
def test_an_event_belongs_to_one_of_the_two_addresses(settings, account: str | None, connect: bool) -> None:  # noqa: FBT001  a parameter of pytest
    settings.STRIPE_WEBHOOK_SECRET = settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_both"
    payload = payload_of(account=account)

    assert post_webhook(payload, signature_of(payload), connect=connect) == 400
    assert not StripeEvent.objects.exists()
    assert post_webhook(payload, signature_of(payload), connect=not connect) == 204


def test_without_a_secret_of_its_own_there_is_no_address_for_accounts() -> None:
    payload = payload_of(account="acct_1")

    assert post_webhook(payload, connect=True) == 404
    assert not StripeEvent.objects.exists()


def test_an_event_of_another_api_version_is_refused_and_kept_as_failed(caplog: pytest.LogCaptureFixture) -> None:
    payload = payload_of(api_version="2019-12-03")

    assert [post_webhook(payload) for _ in range(2)] == [400, 400]

    event = StripeEvent.objects.get()
    assert event.given_up_at is not None
    assert event.last_error == f"This event is of API version 2019-12-03. At Stripe, set the endpoint's API version to {OUR_VERSION}."
    assert [record.levelname for record in caplog.records if record.message == "event of another API version refused"] == ["ERROR"]
    assert post_webhook(payload_of(id="evt_2", api_version=OUR_VERSION)) == 204
    assert handle_due_events() == 0


def test_staff_are_alarmed_while_an_event_waits_too_long(settings) -> None:
    settings.LAYERSTORE_WEBHOOK_ALERT_MINUTES = 10
    now = timezone.now()
    StripeEventFactory(received_at=now - timedelta(hours=1), handled_at=now)
    StripeEventFactory(received_at=now - timedelta(hours=1), given_up_at=now)
    waiting = StripeEventFactory(received_at=now - timedelta(minutes=9))
    assert (tasks.watch_stripe_events(), list(outages())) == (False, [])
    StripeEvent.objects.filter(pk=waiting.pk).update(received_at=now - timedelta(minutes=11))

    assert tasks.watch_stripe_events() is True

    [alarm] = outages()
    assert (alarm.dependency, alarm.reason.partition(",")[0]) == ("Stripe webhooks", "1 events wait")
    StripeEvent.objects.update(handled_at=now)
    assert (tasks.watch_stripe_events(), list(outages())) == (False, [])


@pytest.mark.parametrize("changes", [{"type": "customer.created"}, {"livemode": True}], ids=["not used here", "of the other mode"])
def test_an_event_that_is_not_for_us_is_answered_and_forgotten(changes) -> None:
    assert post_webhook(payload_of(**changes)) == 204

    assert not StripeEvent.objects.exists()


def test_a_form_is_refused_like_any_other_forgery(client) -> None:
    """Reading it as a form first would leave no body to verify."""
    assert client.post(reverse("billing:stripe_webhook"), {"email": "somebody@example.com"}).status_code == 400
    assert not StripeEvent.objects.exists()


def test_the_endpoint_takes_only_posts(client) -> None:
    assert client.get(reverse("billing:stripe_webhook")).status_code == 405


@pytest.fixture
def _unheard(opened: Order, sandbox: Sandbox) -> None:
    """The order is paid, and we have not heard of it."""
    sandbox.press(opened)


@pytest.mark.usefixtures("_unheard")
def test_a_completed_session_completes_the_order(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)

    event = handle_event(event_id=event_id)

    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer))) == ("paid", 1)
    assert (event.attempts, event.outcome, event.last_error) == (0, f"order {opened.number} paid", "")
    assert event.handled_at is not None


@pytest.mark.usefixtures("_unheard")
def test_an_event_that_comes_again_after_a_refund_brings_nothing_back(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    completed = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    handle_event(event_id=completed)
    sandbox.refund(opened, reverse_transfer="true", refund_application_fee="true")
    handle_event(event_id=sandbox.deliver("charge.refunded", sandbox.session_of(opened)["payment_intent"]))
    StripeEvent.objects.filter(pk=completed).update(handled_at=None)

    handle_event(event_id=completed)

    opened.refresh_from_db()
    assert (opened.state, holds(buyer), opened.flagged_at) == ("refunded", [], None)
    assert OutgoingMail.objects.count() == 3  # the receipt, and of the refund one to each side


@pytest.mark.usefixtures("_unheard")
def test_a_refund_that_is_heard_of_before_the_completion(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.refund(opened)
    intent = sandbox.session_of(opened)["payment_intent"]

    outcomes = [
        handle_event(event_id=sandbox.deliver(kind, about)).outcome
        for kind, about in [
            ("refund.updated", intent),
            ("charge.refunded", intent),
            ("checkout.session.completed", opened.checkout_session_id),
        ]
    ]

    assert outcomes == [f"order {opened.number} refunded"] * 3
    assert (holds(buyer), Refund.objects.count()) == ([], 1)


@pytest.mark.usefixtures("_unheard")
def test_a_dispute_whose_events_come_in_the_wrong_order(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    dispute = sandbox.dispute(opened)
    sandbox.control(f"/disputes/{dispute}/win")

    for kind in ("charge.dispute.closed", "charge.dispute.created"):
        handle_event(event_id=sandbox.deliver(kind, dispute))

    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer))) == ("paid", 1)


def test_an_expired_session_expires_the_order(opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened, "expire")

    handle_event(event_id=sandbox.deliver("checkout.session.expired", opened.checkout_session_id))

    opened.refresh_from_db()
    assert opened.state == "expired"


@pytest.mark.usefixtures("_unheard")
def test_a_session_that_we_had_no_time_to_record_is_known_by_its_metadata(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    Order.objects.update(checkout_session_id=None, checkout_url="")

    handle_event(event_id=event_id)

    session_id = opened.checkout_session_id
    opened.refresh_from_db()
    assert (opened.state, opened.checkout_session_id, len(holds(buyer))) == ("paid", session_id, 1)


@pytest.mark.usefixtures("_unheard")
def test_a_refund_of_an_order_that_knows_no_session_waits_for_the_session_s_own_event(opened: Order, sandbox: Sandbox) -> None:
    intent = sandbox.session_of(opened)["payment_intent"]
    sandbox.refund(opened)
    Order.objects.update(checkout_session_id=None, checkout_url="")

    event = handle_event(event_id=sandbox.deliver("charge.refunded", intent))

    assert event.outcome == f"order {opened.number} pending"


@pytest.mark.parametrize("metadata", [{}, {"order_id": "0190a000-0000-7000-8000-000000000000"}, {"order_id": "17"}], ids=str)
def test_a_payment_that_is_no_order_of_ours_changes_nothing(sandbox: Sandbox, metadata: dict[str, str]) -> None:
    form = {
        "mode": "payment",
        "success_url": "http://other.test/",
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": 500,
        "line_items[0][price_data][product_data][name]": "Other",
    }
    session = sandbox.post("/checkout/sessions", **form, **{f"metadata[{name}]": value for name, value in metadata.items()})
    sandbox.control(f"/sessions/{session['id']}/pay")

    event = handle_event(event_id=sandbox.deliver("checkout.session.completed", session["id"]))

    assert (event.outcome, Entitlement.objects.count()) == ("no order of ours", 0)


def test_what_stripe_does_not_know_is_marked_and_not_asked_again(sandbox: Sandbox) -> None:
    event = handle_event(event_id=StripeEventFactory().pk)

    assert event.handled_at is not None
    assert event.outcome.startswith("Stripe refuses: InvalidRequestError: No such ")
    assert event.object_id in event.outcome


@pytest.mark.usefixtures("_unheard")
def test_while_stripe_is_away_the_event_waits(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    sandbox.fail("/v1/checkout/sessions")

    with pytest.raises(StripeAway):
        handle_event(event_id=event_id)

    event = StripeEvent.objects.get()
    assert (event.handled_at, event.attempts, holds(buyer)) == (None, 0, [])
    assert event.last_error.startswith("APIError")
    sandbox.mend()
    event = handle_event(event_id=event_id)
    assert (event.handled_at is not None, event.last_error, len(holds(buyer))) == (True, "", 1)


@pytest.mark.usefixtures("_unheard")
def test_an_event_that_is_handled_is_not_handled_again(opened: Order, sandbox: Sandbox) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    first = handle_event(event_id=event_id)
    sandbox.fail("/v1/")

    tasks.handle_stripe_event(event_id)

    assert StripeEvent.objects.get().handled_at == first.handled_at


def test_an_event_of_a_type_that_another_version_has_stored_changes_nothing(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    event = StripeEventFactory(type="charge.captured", object_id=str(paid.payment_intent_id))
    sandbox.fail("/v1/")

    outcome = handle_event(event_id=event.pk).outcome

    paid.refresh_from_db()
    assert (outcome, paid.state, len(holds(buyer))) == ("not handled by this version", "paid", 1)


@pytest.mark.usefixtures("_unheard")
def test_a_worker_killed_before_the_mark_leaves_no_half_effect(opened, sandbox: Sandbox, buyer, holds, monkeypatch) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    mark = handlers.mark_handled

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(handlers, "mark_handled", killed)
    with pytest.raises(KeyboardInterrupt):
        handle_event(event_id=event_id)
    opened.refresh_from_db()
    assert (opened.state, holds(buyer), OutgoingMail.objects.count()) == ("pending", [], 0)

    monkeypatch.setattr(handlers, "mark_handled", mark)
    handle_event(event_id=event_id)

    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer)), OutgoingMail.objects.count()) == ("paid", 1, 1)


@pytest.mark.usefixtures("_unheard")
def test_a_database_restarted_in_the_middle_leaves_no_half_effect(opened, sandbox: Sandbox, buyer, holds, monkeypatch) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)

    def restart(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(handlers, "mark_handled", restart)
    with pytest.raises(DatabaseError):
        handle_event(event_id=event_id)
    connection.close()
    opened.refresh_from_db()
    assert (opened.state, holds(buyer), opened.ledger_transactions.count()) == ("pending", [], 0)

    monkeypatch.undo()
    handle_event(event_id=event_id)

    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer)), OutgoingMail.objects.count()) == ("paid", 1, 1)
    assert opened.ledger_transactions.filter(kind="charge").count() == 1


@pytest.mark.usefixtures("_unheard")
def test_an_event_whose_order_is_always_overtaken_waits(opened: Order, sandbox: Sandbox, monkeypatch) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    read = read_payment

    def overtaken(session_id: str) -> Any:
        Order.objects.update(revision=Order.objects.get().revision + 1)
        return read(session_id)

    monkeypatch.setattr("billing.payments.observation.read_payment", overtaken)

    with pytest.raises(LockTimeout):
        handle_event(event_id=event_id)

    assert StripeEvent.objects.get().handled_at is None


@pytest.mark.usefixtures("_unheard")
def test_an_event_that_another_worker_handles_meanwhile_is_handled_once(opened: Order, sandbox: Sandbox, monkeypatch) -> None:
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)
    read = read_payment

    def another_is_faster(session_id: str) -> Any:
        monkeypatch.setattr("billing.payments.observation.read_payment", read)
        handle_event(event_id=event_id)
        return read(session_id)

    monkeypatch.setattr("billing.payments.observation.read_payment", another_is_faster)

    event = handle_event(event_id=event_id)

    assert (event.attempts, event.outcome, OutgoingMail.objects.count()) == (0, f"order {opened.number} paid", 1)


def test_what_another_worker_has_handled_keeps_its_outcome(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    event = StripeEventFactory()

    def handled_meanwhile(*_: str) -> str:
        StripeEvent.objects.filter(pk=event.pk).update(handled_at=event.received_at, outcome="order paid")
        raise StripeRefused(reason="late")

    monkeypatch.setattr(handlers, "order_id_of_session", handled_meanwhile)

    assert handle_event(event_id=event.pk).outcome == "order paid"


def test_a_seller_is_brought_up_to_date_by_the_event_of_their_account(seller: SellerProfile, product: Product, sandbox: Sandbox) -> None:
    sandbox.control(f"/accounts/{seller.stripe_account_id}", submitted=True, enabled=False)

    event = handle_event(event_id=sandbox.deliver("account.updated", str(seller.stripe_account_id)))

    seller.refresh_from_db()
    assert (seller.charges_enabled, seller.payouts_enabled, seller.details_submitted) == (False, False, True)
    assert event.outcome == "seller brought up to date"


def test_an_account_that_is_nobody_s_here_changes_nothing(sandbox: Sandbox) -> None:
    account = sandbox.account()

    assert handle_event(event_id=sandbox.deliver("account.updated", account)).outcome == "nobody's account here"


def test_an_account_that_left_us_may_do_nothing(seller: SellerProfile, sandbox: Sandbox) -> None:
    SellerProfile.objects.update(stripe_account_id="acct_gone")
    post_webhook(
        payload_of(type="account.application.deauthorized", account="acct_gone", data={"object": {"id": "ca_1", "object": "application"}})
    )

    event = handle_event(event_id="evt_1")

    seller.refresh_from_db()
    assert (seller.charges_enabled, seller.payouts_enabled, event.outcome) == (False, False, "seller brought up to date")


def test_an_event_is_handled_again_on_demand(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    open_checkout(order=order)
    staff, event = UserFactory(staff=True), StripeEventFactory(outcome="no order of ours", handled_at=order.created_at)

    with pytest.raises(ReasonMissing):
        retry_event(event=event, reason="", actor=staff)
    retry_event(event=event, reason="It was ours.", actor=staff)

    event.refresh_from_db()
    assert (event.handled_at, event.outcome) == (None, "")
    assert AuditEvent.objects.get(action="stripe_event.retried").reason == "It was ours."
