import io

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.people.errors import UserAlreadyDisabled, UserNotDisabled
from accounts.people.models import User
from accounts.people.selectors import has_verified_email
from accounts.people.services import disable_user, enable_user, remove_second_factors
from accounts.tokens.services import log_out_everywhere
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
SETTINGS = "/account/"


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    assert client.get(SETTINGS).status_code == 200
    return client


def test_a_disabled_users_session_ends_with_the_next_request_and_does_not_come_back() -> None:
    user, staff = UserFactory(), UserFactory(staff=True)
    client = _signed_in(user)

    disable_user(user=user, reason="fraud", actor=staff)
    assert client.get(SETTINGS).status_code == 302

    enable_user(user=user, reason="was not fraud", actor=staff)
    assert client.get(SETTINGS).status_code == 302
    assert [(event.action, event.reason) for event in AuditEvent.objects.order_by("at")] == [
        ("user.disabled", "fraud"),
        ("user.enabled", "was not fraud"),
    ]


def test_logging_out_everywhere_ends_browser_sessions() -> None:
    user = UserFactory()
    client = _signed_in(user)

    log_out_everywhere(user=user)

    assert client.get(SETTINGS).status_code == 302


def test_removing_second_factors_takes_all_of_them_and_ends_sessions() -> None:
    user, staff = UserFactory(), UserFactory(staff=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    others = Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})
    client = _signed_in(user)

    remove_second_factors(user=user, reason="lost the phone, showed a passport", actor=staff)

    assert list(Authenticator.objects.all()) == [others]
    assert client.get(SETTINGS).status_code == 302
    assert AuditEvent.objects.get().action == "user.second_factors_removed"


@pytest.mark.parametrize("act", [disable_user, enable_user, remove_second_factors])
def test_without_a_reason_nothing_happens(act) -> None:
    user = UserFactory()
    before = User.objects.values().get()

    with pytest.raises(ReasonMissing):
        act(user=user, reason=" ", actor=user)

    assert User.objects.values().get() == before
    assert not AuditEvent.objects.exists()


def test_a_disabled_user_is_not_disabled_again() -> None:
    user = UserFactory(is_active=False)

    with pytest.raises(UserAlreadyDisabled):
        disable_user(user=user, reason="again", actor=user)

    assert User.objects.get().credential_generation == 0
    assert not AuditEvent.objects.exists()


def test_an_active_user_cannot_be_enabled() -> None:
    user = UserFactory()

    with pytest.raises(UserNotDisabled):
        enable_user(user=user, reason="why not", actor=user)

    assert not AuditEvent.objects.exists()


def test_a_verified_address_is_what_counts() -> None:
    assert has_verified_email(UserFactory())
    assert not has_verified_email(UserFactory(verified=False))


def test_the_first_member_of_staff_is_made_at_a_terminal_and_that_is_on_record_once() -> None:
    user, other, out = UserFactory(username="ines"), UserFactory(), io.StringIO()

    call_command("make_staff", "Ines", stdout=out)
    call_command("make_staff", "ines", stdout=out)

    user.refresh_from_db()
    other.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)
    assert (other.is_staff, other.is_superuser) == (False, False)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.target_id) == ("user.made_staff", None, str(user.pk))
    assert out.getvalue() == "ines is staff, and may enter /admin/.\n" * 2


def test_nobody_is_made_staff_under_a_name_that_nobody_has() -> None:
    user = UserFactory()

    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("make_staff", "nobody")

    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, AuditEvent.objects.count()) == (False, False, 0)


def test_a_role_gives_its_rights_and_takes_all_others_once() -> None:
    user = UserFactory(username="ines", is_staff=True, is_superuser=True)
    user.user_permissions.add(Permission.objects.get(codename="delete_user"))
    out = io.StringIO()

    call_command("make_staff", "ines", "--role", "finance", stdout=out)
    call_command("make_staff", "ines", "--role", "finance", stdout=out)

    now = User.objects.get(pk=user.pk)
    assert (now.is_staff, now.is_superuser, now.has_perm("billing.change_order"), now.has_perm("accounts.delete_user")) == (
        True,
        False,
        True,
        False,
    )
    assert [event.details for event in AuditEvent.objects.filter(action="user.made_staff")] == [{"role": "finance"}]
    assert "ines is staff for finance" in out.getvalue()

    call_command("make_staff", "ines", "--role", "support", stdout=out)
    assert [group.name for group in user.groups.all()] == ["support"]
