"""What comes in at the endpoint: what is stored, what is refused, and when staff are alarmed."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.inbox import tasks
from billing.inbox.due import handle_due_events
from billing.inbox.models import StripeEvent
from billing.stripe.webhooks import OUR_VERSION
from common.db.outages import outages
from tests.billing.inbox.payloads import payload_of
from tests.factories.billing import StripeEventFactory
from tests.support.sandbox import post_webhook, signature_of

pytestmark = pytest.mark.django_db(transaction=True)


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
