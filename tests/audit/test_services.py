import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from audit.models import AuditEvent
from audit.services import record_audit
from common.web.client import ClientAddressMiddleware, address_of, client_address
from tests.factories.accounts import UserFactory


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what_and_why() -> None:
    actor, target = UserFactory(), UserFactory()

    record_audit(actor=actor, action="user.praised", target=target, reason="good work", stars=5)

    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.reason, event.details) == (actor, "user.praised", "good work", {"stars": 5})
    assert (event.target_type, event.target_id, event.target_label) == ("accounts.user", str(target.pk), target.username)
    assert event.address is None
    assert str(event) == f"user.praised {target.username}"


@pytest.mark.django_db
def test_a_target_is_named_in_one_language_whoever_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    target = UserFactory()
    monkeypatch.setattr(type(target), "__str__", lambda _: str(translation.get_language()))

    with translation.override("de"):
        event = record_audit(actor=None, action="user.praised", target=target)

    assert event.target_label == "en-gb"


@pytest.mark.django_db
def test_a_long_reason_is_cut() -> None:
    assert record_audit(actor=None, action="user.praised", target=UserFactory(), reason="x" * 600).reason == "x" * 500


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_the_change_it_tells_of() -> None:
    user = UserFactory()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_audit(actor=user, action="user.praised", target=user)
        raise ZeroDivisionError

    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_inside_a_request_an_entry_says_from_where() -> None:
    user = UserFactory()

    def view(request: object) -> HttpResponse:
        record_audit(actor=user, action="user.praised", target=user)
        return HttpResponse()

    ClientAddressMiddleware(view)(RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.9"}))

    assert AuditEvent.objects.get().address == "203.0.113.9"
    assert client_address() is None


@pytest.mark.parametrize(
    ("forwarded", "peer", "address"),
    [
        pytest.param("203.0.113.9", "", "203.0.113.9", id="the edge says it, over a Unix socket"),
        pytest.param("::ffff:203.0.113.9", "", "203.0.113.9", id="by a socket for both families"),
        pytest.param("203.0.113.9", "10.0.0.1", "203.0.113.9", id="the edge says it, over the network"),
        pytest.param("198.51.100.1, 203.0.113.9", "", "203.0.113.9", id="only the last entry is the edge's"),
        pytest.param("2001:DB8::1", "", "2001:db8::1", id="IPv6"),
        pytest.param("", "192.0.2.7", "192.0.2.7", id="no edge"),
        pytest.param("<script>", "192.0.2.7", None, id="nonsense"),
        pytest.param("", "", None, id="bare Unix socket"),
    ],
)
def test_the_clients_address_is_what_the_edge_saw(forwarded: str, peer: str, address: str | None) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)) == address
