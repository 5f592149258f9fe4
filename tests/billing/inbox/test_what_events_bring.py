"""What an event brings to orders and sellers, in whatever order events come."""

import pytest

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.inbox.models import StripeEvent
from billing.inbox.services import handle_event
from billing.orders.models import Order
from billing.refunds.models import Refund
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.inbox.payloads import payload_of
from tests.support.sandbox import Sandbox, post_webhook

pytestmark = pytest.mark.django_db(transaction=True)


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
