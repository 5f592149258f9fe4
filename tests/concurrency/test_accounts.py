"""Acts on one account at once: what one changed, another that began before does not undo."""

import threading

import pytest
from django.contrib.auth import hashers
from django.urls import reverse

from accounts.people.models import User
from accounts.people.services import disable_user
from audit.models import AuditEvent
from tests.factories.accounts import PASSWORD, UserFactory
from tests.support.clients import client_of
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "another sentence that opens it"


@pytest.fixture
def held_hash(monkeypatch) -> tuple[threading.Event, threading.Event]:
    """Two events: a new password is being hashed, and its hashing may go on."""
    begun, go_on = threading.Event(), threading.Event()
    encode = hashers.MD5PasswordHasher.encode

    def encode_when_told(hasher: hashers.MD5PasswordHasher, password: str, salt: str) -> str:
        if password == NEW:
            begun.set()
            assert go_on.wait(timeout=30)
        return encode(hasher, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", encode_when_told)
    return begun, go_on


def test_a_password_change_in_flight_does_not_undo_a_disabling(held_hash) -> None:
    begun, go_on = held_hash
    user, staff = UserFactory(), UserFactory(staff=True)
    client = client_of(user)

    def change() -> int:
        form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        return client.post(reverse("account_change_password"), form).status_code

    def disable() -> None:
        try:
            assert begun.wait(timeout=30)
            disable_user(user=user, reason="Stolen.", actor=staff)
        finally:
            go_on.set()

    outcomes = run_in_threads(2, lambda number: (change, disable)[number]())

    assert [one for one in outcomes if isinstance(one, BaseException)] == []
    assert AuditEvent.objects.filter(action="user.disabled").count() == 1
    row = User.objects.get(pk=user.pk)
    assert not row.is_active
    assert row.credential_generation == 1


def test_a_row_that_was_read_before_is_saved_without_what_others_changed_since() -> None:
    user = UserFactory()
    stale, fresh = User.objects.get(pk=user.pk), User.objects.get(pk=user.pk)
    fresh.is_active = False
    fresh.save()

    stale.email = "new@example.test"
    stale.save()

    row = User.objects.get(pk=user.pk)
    assert (row.is_active, row.email) == (False, "new@example.test")


def test_what_only_some_fields_were_saved_of_is_saved_later() -> None:
    user = User.objects.get(pk=UserFactory().pk)
    user.email, user.is_staff = "new@example.test", True
    user.save(update_fields=["is_staff"])
    user.refresh_from_db(fields=["is_staff"])

    user.save()

    assert User.objects.get(pk=user.pk).email == "new@example.test"
