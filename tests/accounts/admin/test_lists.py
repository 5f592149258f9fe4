import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organisations.models import Invitation, Membership
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from audit.services import record_audit
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, SellerFactory, UserFactory

pytestmark = pytest.mark.django_db
NOUNS = [AccessToken, Account, AuditEvent, Invitation, Membership, OutgoingMail, SellerProfile, User]


@pytest.fixture
def staff() -> User:
    return UserFactory(staff=True, username="boss")


@pytest.fixture
def client(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def rows(staff) -> dict[type, object]:
    """One row of each noun, all of them one person's."""
    user = UserFactory(username="mira-k", email="mira@example.test")
    queue_mail(to=user.email, template="unknown_account", context={"signup_url": "https://secret.test/"}, key="k")
    return {
        User: user,
        Account: user.account,
        SellerProfile: SellerFactory(user=user, display_name="Mira's images"),
        AccessToken: AccessTokenFactory(user=user, name="mira's laptop"),
        OutgoingMail: OutgoingMail.objects.get(),
        Membership: MembershipFactory(user=user),
        Invitation: InvitationFactory(invited_by=user),
        AuditEvent: record_audit(actor=staff, action="user.praised", target=user, reason="mira is good"),
    }


def _path(noun: type[Model], *parts: object) -> str:
    return "/".join(["/admin", noun._meta.app_label, str(noun._meta.model_name), *map(str, parts), ""])


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_every_noun_is_listed_searched_and_shown(client: Client, rows, noun: type[Model]) -> None:
    row = rows[noun]

    found = client.get(f"{_path(noun)}?q=mira")
    assert row in found.context["cl"].result_list
    assert not client.get(f"{_path(noun)}?q=nobody-has-this").context["cl"].result_list.exists()
    assert client.get(_path(noun, row.pk, "change")).status_code == 200


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_nothing_is_added_edited_or_deleted_by_hand(client: Client, rows, noun: type[Model]) -> None:
    row = rows[noun]
    before = noun._default_manager.filter(pk=row.pk).values().get()

    assert client.post(_path(noun, "add"), {}).status_code == 403
    assert client.post(_path(noun, row.pk, "change"), {"username": "other", "reason": "other"}).status_code == 403
    assert client.post(_path(noun, row.pk, "delete"), {"post": "yes"}).status_code == 403
    client.post(_path(noun), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes", "index": 0})

    assert noun._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_a_lists_queries_do_not_grow_with_its_rows(client: Client, noun: type[Model]) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            token = AccessTokenFactory(user__staff=True)
            SellerFactory(user=token.user)
            MembershipFactory(user=token.user)
            InvitationFactory(invited_by=token.user)
            record_audit(actor=token.user, action="user.praised", target=token.user)
            queue_mail(to="a@example.test", template="unknown_account", context={}, key=str(token.pk))

    add(2)
    before = _count(client, noun)
    add(5)
    assert _count(client, noun) == before


def _count(client: Client, noun: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(_path(noun)).status_code == 200
    return len(queries)


def test_related_rows_lead_to_each_other(client: Client, rows) -> None:
    user, seller, token = rows[User], rows[SellerProfile], rows[AccessToken]

    page = client.get(_path(User, user.pk, "change")).content.decode()
    assert f'href="{_path(Account, user.account.pk, "change")}"' in page
    for link in (
        f"{_path(AccessToken)}?user__exact={user.pk}",
        f"{_path(AuditEvent)}?actor__exact={user.pk}",
        f"{_path(OutgoingMail)}?to__exact=mira%40example.test",
        f"{_path(AuditEvent)}?target_type__exact=accounts.user&amp;target_id__exact={user.pk}",
    ):
        assert link in page
        assert client.get(link.replace("&amp;", "&")).status_code == 200
    assert f'href="{_path(User, user.pk, "change")}"' in client.get(_path(AccessToken, token.pk, "change")).content.decode()
    assert f'href="{_path(User, user.pk, "change")}"' in client.get(_path(SellerProfile, seller.pk, "change")).content.decode()
    assert f'href="{_path(SellerProfile, seller.pk, "change")}"' in client.get(_path(Account, seller.pk, "change")).content.decode()
    assert list(client.get(f"{_path(AccessToken)}?user__exact={user.pk}").context["cl"].result_list) == [token]


def test_an_organisation_is_found_by_its_handle_and_leads_to_its_people(client: Client, rows) -> None:
    membership = rows[Membership]
    account = membership.account

    assert list(client.get(f"{_path(Account)}?q={account.handle}").context["cl"].result_list) == [account]
    page = client.get(_path(Account, account.pk, "change")).content.decode()
    for link in (
        f"{_path(Membership)}?account__exact={account.pk}",
        f"{_path(Invitation)}?account__exact={account.pk}",
        f"{_path(AccessToken)}?organisation__exact={account.pk}",
    ):
        assert link in page
        assert client.get(link).status_code == 200
    assert list(client.get(f"{_path(Membership)}?account__exact={account.pk}").context["cl"].result_list) == [membership]


def test_a_missing_related_row_is_a_dash(client: Client) -> None:
    account = UserFactory().account

    assert client.get(_path(Account, account.pk, "change")).status_code == 200


def test_an_entry_of_the_trail_links_to_its_target_while_there_is_a_page_for_it(client: Client, rows, staff) -> None:
    gone = record_audit(actor=None, action="session.ended", target=rows[User])
    AuditEvent.objects.filter(pk=gone.pk).update(target_type="sessions.session", target_label="a <b>session</b>")

    page = client.get(_path(AuditEvent)).content.decode()

    assert f'<a href="{_path(User, rows[User].pk, "change")}">mira-k</a>' in page
    assert "a &lt;b&gt;session&lt;/b&gt;" in page


def test_no_secret_is_shown(client: Client, rows) -> None:
    for noun, row in rows.items():
        page = client.get(_path(noun, row.pk, "change")).content.decode()
        secrets = (rows[AccessToken].secret, rows[Invitation].secret, rows[Invitation].secret_hash, "https://secret.test/")
        for secret in (rows[User].password, rows[AccessToken].secret_hash, *secrets):
            assert secret not in page


def test_others_pages_that_change_people_without_a_reason_are_gone() -> None:
    assert not {"EmailAddress", "EmailConfirmation", "Authenticator", "Group"} & {model.__name__ for model in admin.site._registry}


def test_staff_who_may_only_look_are_offered_no_act_and_none_is_taken(rows) -> None:
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_user"))
    client = Client()
    client.force_login(looker)
    user = rows[User]

    assert "Disable" not in client.get(_path(User, user.pk, "change")).content.decode()
    client.post(_path(User), {"action": "disable", "_selected_action": user.pk, "index": 0, "act_confirmed": "yes", "reason": "spite"})
    assert client.get(_path(SellerProfile)).status_code == 403

    user.refresh_from_db()
    assert user.is_active


def test_staff_who_may_change_may_look_and_act(rows) -> None:
    actor = UserFactory(is_staff=True)
    actor.user_permissions.add(Permission.objects.get(codename="change_user"))
    client = Client()
    client.force_login(actor)

    assert "Disable" in client.get(_path(User, rows[User].pk, "change")).content.decode()


def test_the_trail_is_nobodys_to_act_on(client: Client, rows) -> None:
    assert client.get(_path(AuditEvent)).context["cl"].model_admin.get_actions(client.get(_path(AuditEvent)).wsgi_request) == {}
    assert timezone.now() >= rows[AuditEvent].at
