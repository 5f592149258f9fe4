"""Events are handled once, whoever is killed, restarted, away or overtaken meanwhile."""

from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox import handlers, tasks
from billing.inbox.models import StripeEvent
from billing.inbox.services import handle_event, retry_event
from billing.orders.models import Order
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.payments import read_payment
from common.db.errors import LockTimeout
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.billing import StripeEventFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


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
