import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory

from accounts.people.models import Account, User
from accounts.people.requests import signed_in
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_whoever_makes_a_user_makes_their_person_account_too() -> None:
    for user in (
        User.objects.create_user("Mira-K", "Mira@Example.test", PASSWORD),
        User.objects.create_superuser("boss", "boss@example.test", PASSWORD),
        User.objects.create(username="plain", email="plain@example.test"),
    ):
        assert (user.account.kind, user.account.name, str(user.account)) == (Account.Kind.PERSON, user.username, user.username)

    assert User.objects.get_by_natural_key("MIRA-K").email == "Mira@example.test"
    assert User.objects.get(username="boss").is_superuser


@pytest.mark.django_db(transaction=True)
def test_without_the_account_there_is_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Account.objects, "create", refuse)

    with pytest.raises(ZeroDivisionError):
        User.objects.create_user("mira-k", "mira@example.test")

    assert not User.objects.exists()


@pytest.mark.parametrize("username", ["Mira", "mi ra", "-mira", "mira_", "mi__ra", "mi/ra", ""])
def test_the_database_itself_refuses_a_name_that_docker_cannot_show(username: str) -> None:
    user = UserFactory()

    with pytest.raises(IntegrityError, match="user_username_is_oci_safe"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(username=username)


def test_the_database_itself_refuses_one_address_twice_in_any_case() -> None:
    UserFactory(email="mira@example.test")

    with pytest.raises(IntegrityError, match="user_email_unique"), transaction.atomic():
        User.objects.create(username="other", email="MIRA@example.test")


def test_staff_made_on_the_command_line_confirm_their_address_by_signing_in() -> None:
    User.objects.create_superuser("boss", "boss@example.test", PASSWORD)

    Client().post("/account/login/", {"login": "boss", "password": PASSWORD})

    assert OutgoingMail.objects.get().to == "boss@example.test"


def test_nobody_signed_in_is_nobody() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with pytest.raises(PermissionDenied):
        signed_in(request)
