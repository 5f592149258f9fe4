import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Invitation, Membership
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from common.admin import acts as common_admin
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.factories.accounts import (
    AccessTokenFactory,
    InvitationFactory,
    MembershipFactory,
    OrganisationFactory,
    RobotFactory,
    SellerFactory,
    UserFactory,
)
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return UserFactory(staff=True, username="boss")


@pytest.fixture
def client(staff) -> Client:
    client = Client(headers={"X-Forwarded-For": "203.0.113.9"})
    client.force_login(staff)
    return client


def _act(client: Client, name: str, *rows, **given: str):
    """Press the button of an act; with `reason`, fill in its page as well."""
    form = {"action": name, "index": "0", "_selected_action": [str(row.pk) for row in rows], **given}
    return client.post(f"/admin/{rows[0]._meta.app_label}/{rows[0]._meta.model_name}/", form | ({"act_confirmed": "yes"} if given else {}))


def _audited() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "reason", "actor__username"))


def test_an_act_first_tells_its_consequence_and_asks_why(client: Client) -> None:
    seller = SellerFactory()

    page = _act(client, "suspend", seller)

    assert page.status_code == 200
    assert "What was sold stays sold." in page.content.decode()
    assert seller.display_name in page.content.decode()
    assert page.context["form"].errors == {}
    assert SellerProfile.objects.get().suspended_at is None


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_proper_reason_nothing_happens_and_the_page_asks_again(client: Client, reason: str) -> None:
    seller = SellerFactory()

    page = _act(client, "suspend", seller, reason=reason)

    assert page.status_code == 400
    assert "reason" in page.context["form"].errors
    assert SellerProfile.objects.get().suspended_at is None
    assert _audited() == []


def test_an_act_with_a_reason_is_done_audited_with_address_and_leads_back_to_the_row(client: Client) -> None:
    seller = SellerFactory()

    answer = _act(client, "suspend", seller, reason="complaints")

    assert answer.headers["Location"] == f"/admin/accounts/sellerprofile/{seller.pk}/change/"
    assert SellerProfile.objects.get().suspension_reason == "complaints"
    assert _audited() == [("seller.suspended", "complaints", "boss")]
    assert AuditEvent.objects.get().address == "203.0.113.9"

    _act(client, "reinstate", seller, reason="settled")
    assert SellerProfile.objects.get().suspended_at is None


def test_one_row_that_refuses_does_not_stop_the_others(client: Client) -> None:
    rows = [UserFactory(), UserFactory(is_active=False, username="gone"), UserFactory()]

    answer = _act(client, "disable", *rows, reason="fraud ring")

    assert not User.objects.filter(pk__in=[row.pk for row in rows], is_active=True).exists()
    assert _audited() == [("user.disabled", "fraud ring", "boss")] * 2
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Gone: This user is already disabled." in page
    assert page.count("disable – done.") == 2


def test_the_rows_page_has_a_button_for_each_act(client: Client) -> None:
    user = UserFactory()

    page = client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()

    for act in ("disable", "enable", "log_out", "remove_second_factor"):
        assert f'name="action" value="{act}"' in page


def test_only_an_organisation_has_buttons_for_its_owner_and_its_end(client: Client) -> None:
    for account, offered in ((OrganisationFactory(), True), (UserFactory().account, False)):
        page = client.get(f"/admin/accounts/account/{account.pk}/change/").content.decode()

        assert [f'name="action" value="{act}"' in page for act in ("make_owner", "close")] == [offered, offered]


def test_too_many_rows_at_once_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_admin, "ROWS_AT_ONCE", 2)
    rows = UserFactory.create_batch(3)

    answer = _act(client, "disable", *rows, reason="all of them")

    assert "Choose at most 2 rows at once." in client.get(answer.headers["Location"]).content.decode()
    assert User.objects.filter(is_active=True).count() == 4


def test_staff_enable_log_out_and_remove_second_factors(client: Client) -> None:
    user = UserFactory(is_active=False)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})

    for act in ("enable", "log_out", "remove_second_factor"):
        _act(client, act, user, reason="asked on the phone")

    user.refresh_from_db()
    assert (user.is_active, user.credential_generation, Authenticator.objects.count()) == (True, 2, 0)
    assert [action for action, _, _ in _audited()] == ["user.enabled", "user.logged_out_everywhere", "user.second_factors_removed"]


def test_staff_make_somebody_an_owner(client: Client) -> None:
    firm, heir = OrganisationFactory(), UserFactory(username="heir")

    page = _act(client, "make_owner", firm)
    assert "For when all its owners are gone" in page.content.decode()
    answer = _act(client, "make_owner", firm, reason="letter of the director", username="Heir")

    assert answer.headers["Location"] == f"/admin/accounts/account/{firm.pk}/change/"
    assert list(Membership.objects.values_list("account", "user", "role")) == [(firm.pk, heir.pk, "owner")]
    assert _audited() == [("membership.role_changed", "letter of the director", "boss")]


def test_staff_close_an_organisation_and_no_person(client: Client) -> None:
    member, person = MembershipFactory(), UserFactory()

    _act(client, "close", member.account, reason="fraud")
    refused = _act(client, "close", person.account, reason="fraud")

    member.account.refresh_from_db()
    assert member.account.closed_at is not None
    assert not Membership.objects.exists()
    assert "This account belongs to a person" in client.get(refused.headers["Location"]).content.decode()
    assert _audited() == [("organisation.closed", "fraud", "boss")]


@pytest.mark.parametrize("username", ["", "nobody-has-this", "gone", "x" * 40, "a\0b"])
def test_nobody_but_who_can_sign_in_is_made_an_owner(client: Client, username: str) -> None:
    UserFactory(username="gone", is_active=False)

    page = _act(client, "make_owner", OrganisationFactory(), reason="x", username=username)

    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"username"}
    assert not Membership.objects.exists()


def test_a_person_has_no_owner(client: Client) -> None:
    account = UserFactory(username="heir").account

    answer = _act(client, "make_owner", account, reason="x", username="heir")

    assert "This account belongs to a person" in client.get(answer.headers["Location"]).content.decode()
    assert not Membership.objects.exists()


def test_staff_remove_a_member_but_not_the_last_owner(client: Client) -> None:
    owner = MembershipFactory()
    member = MembershipFactory(account=owner.account, role="member")

    for row in (member, owner):
        _act(client, "remove", row, reason="court order")

    assert list(Membership.objects.all()) == [owner]
    assert _audited() == [("membership.removed", "court order", "boss")]


def test_staff_withdraw_an_invitation(client: Client) -> None:
    _act(client, "withdraw", InvitationFactory(), reason="sent to a list")

    assert Invitation.objects.get().withdrawn_at is not None
    assert _audited() == [("invitation.withdrawn", "sent to a list", "boss")]


def test_staff_revoke_a_token(client: Client) -> None:
    _act(client, "revoke", AccessTokenFactory(), reason="leaked")

    assert AccessToken.objects.get().revoked_at is not None
    assert _audited() == [("token.revoked", "leaked", "boss")]


def test_staff_find_a_robot_by_its_organisation_and_revoke_it(client: Client) -> None:
    robot = RobotFactory(name="ci", organisation__handle="acme")
    listed = client.get("/admin/accounts/accesstoken/?q=acme").content.decode()
    assert "acme+ci" in listed
    assert f"/admin/accounts/account/{robot.organisation.pk}/change/" in listed
    assert _act(client, "revoke", robot, reason="").status_code == 400

    _act(client, "revoke", robot, reason="leaked")

    assert find_credential(robot.secret) is None
    assert _audited() == [("token.revoked", "leaked", "boss")]


def test_staff_send_a_failed_mail_again(client: Client) -> None:
    queue_mail(to="mira@example.test", template="unknown_account", context={}, key="k")
    OutgoingMail.objects.update(given_up_at=timezone.now())

    _act(client, "resend", OutgoingMail.objects.get(), reason="their server is back")

    assert OutgoingMail.objects.get().given_up_at is None
    assert _audited() == [("mail.resent", "their server is back", "boss")]
