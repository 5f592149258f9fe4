from uuid import UUID

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.services import invitations as services
from accounts.people.models import Account, User
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, InvitationFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.support.clients import let_the_login_grow_old

pytestmark = pytest.mark.django_db
LIST, PAGE = "/account/organisations/", "/account/organisations/acme/"
NOBODY = UUID(int=0)


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(name="Acme <& Co>", handle="acme")


@pytest.fixture
def owner(acme: Account) -> User:
    user: User = MembershipFactory(account=acme, user__username="olga").user
    return user


@pytest.fixture
def client(owner: User) -> Client:
    """An owner who has signed in just now, with the password."""
    return _signed_in(owner)


def _signed_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def test_an_organisation_is_founded_from_the_list_and_its_page_opens(client: Client, owner: User) -> None:
    answer = client.post(LIST, {"name": "North Light", "handle": "north-light"})

    founded = Account.objects.get(handle="north-light")
    assert answer.headers["Location"] == "/account/organisations/north-light/"
    page = client.get(answer.headers["Location"])
    assert (page.context["organisation"], page.context["own"].role) == (founded, "owner")
    assert "You now own North Light." in page.content.decode()
    assert [one.account.name for one in client.get(LIST).context["memberships"]] == ["Acme <& Co>", "North Light"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("name", "", id="no name"),
        pytest.param("name", "   ", id="blank name"),
        pytest.param("name", "x" * 81, id="long name"),
        pytest.param("name", "Pay at https://evil.example/now", id="an address"),
        pytest.param("name", "write to me@evil.example", id="a mail address"),
        pytest.param("name", "<b>Acme", id="a tag"),
        pytest.param("name", "Acme\nBcc: everybody", id="a second line"),
        pytest.param("name", "Acme\u202egpj.exe", id="turned around"),
        pytest.param("name", "Ac\0me", id="a null"),
        pytest.param("name", "see evil.example.com", id="a domain"),
        pytest.param("name", "EVIL.CO", id="a domain in capitals"),
        pytest.param("name", "evil．example", id="a domain with a wide dot"),
        pytest.param("name", "evil。example", id="a domain with a dot of Chinese"),
        pytest.param("name", "evil.xn--p1ai", id="a domain of another alphabet"),
        pytest.param("name", "Layerstore Security", id="the shop"),
        pytest.param("name", "Help of LAYER-STORE", id="the shop with a dash"),
        pytest.param("name", "l a y e r 5 s t o r e", id="the shop spread"),
        pytest.param("name", "Läyer\u017ftöre", id="the shop with accents"),
        pytest.param("name", "ＬａｙｅｒＳｔｏｒｅ", id="the shop in wide letters"),
        pytest.param("name", "HelpLayerstore", id="the shop at the end of a word"),
        pytest.param("handle", "", id="no handle"),
        pytest.param("handle", "Acme", id="capitals"),
        pytest.param("handle", "ac me", id="a space"),
        pytest.param("handle", "-acme", id="begins with a dash"),
        pytest.param("handle", "ac__me", id="two in a row"),
        pytest.param("handle", "acme\n", id="a line end"),
        pytest.param("handle", "acme+build", id="a robot's"),
        pytest.param("handle", "x" * 40, id="long handle"),
        pytest.param("handle", "ácme", id="another alphabet"),
        pytest.param("handle", "ac\0me", id="a null in it"),
    ],
)
def test_nonsense_founds_nothing_and_says_where_it_is_wrong(client: Client, field: str, value: str) -> None:
    given = {"name": "North Light", "handle": "north-light", field: value}

    answer = client.post(LIST, given)

    if value == "acme\n":  # the browser's line end is taken off, and what is left is taken
        assert answer.status_code == 409
    else:
        assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {field}
    assert Account.objects.filter(kind="organisation").count() == 1


@pytest.mark.parametrize(
    "name",
    ["J.P. Smith Ltd.", "Acme S.A.", "Acme S.p.A.", "Rossi s.r.l.", "Web 2.0", "Co. Ltd", "Player Store", "Layers & Stores", "Ünal Ørsted"],
)
def test_names_of_companies_are_taken(client: Client, name: str) -> None:
    client.post(LIST, {"name": name, "handle": "north-light"})

    assert Account.objects.get(handle="north-light").name == name


@pytest.mark.parametrize(
    ("handle", "status", "said"),
    [("acme", 409, "is taken"), ("mira-k", 409, "is taken"), ("support", 409, "reserved for the shop")],
)
def test_a_handle_that_is_not_to_be_had_is_refused_at_its_field(client: Client, handle: str, status: int, said: str) -> None:
    UserFactory(username="mira-k")

    answer = client.post(LIST, {"name": "Acme", "handle": handle})

    assert answer.status_code == status
    assert said in answer.context["form"].errors["handle"][0]
    assert Membership.objects.count() == 1


def test_without_a_verified_address_the_form_says_what_to_do() -> None:
    client = Client()
    client.force_login(UserFactory(verified=False))

    answer = client.post(LIST, {"name": "Acme", "handle": "acme"})

    assert answer.status_code == 403
    assert "Confirm your e-mail address first" in answer.content.decode()
    assert not Membership.objects.exists()


def test_a_person_who_signs_up_under_an_organisations_name_chooses_another(acme: Account) -> None:
    answer = Client().post("/account/signup/", {"username": "Acme", "email": "a@example.test", "password1": PASSWORD})

    assert "This user name is taken" in answer.content.decode()
    assert not User.objects.exists()


def test_the_list_shows_what_one_is_invited_to(client: Client, owner: User) -> None:
    invitation = InvitationFactory(email=owner.email)
    InvitationFactory()

    assert list(client.get(LIST).context["invitations"]) == [invitation]


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_the_members_and_owners_alone_what_else_there_is(acme: Account, owner: User, role: Role) -> None:
    member = MembershipFactory(account=acme, role=role)
    invitation = InvitationFactory(account=acme, email="asked@example.test")
    InvitationFactory(account=acme, withdrawn_at=invitation.created_at)

    page = _signed_in(member.user).get(PAGE)

    text, context = page.content.decode(), page.context
    assert [one.user for one in context["members"]] == [owner, member.user]
    assert "Acme &lt;&amp; Co&gt;" in text
    assert "at most 6 more minutes" in text
    assert owner.email not in text
    assert (context["manages"], context["pulls"], context["buys"]) == {
        Role.OWNER: (True, True, True),
        Role.EDITOR: (False, True, False),
        Role.MEMBER: (False, True, False),
        Role.BILLING: (False, False, True),
    }[role]
    assert list(context["pending"]) == ([invitation] if role == Role.OWNER else [])
    assert ("asked@example.test" in text) == ("/remove" in text) == ("/role" in text) == (role == Role.OWNER)
    assert "/leave" in text


def test_what_somebody_does_not_belong_to_is_not_there(client: Client) -> None:
    other = MembershipFactory(account__handle="elsewhere")
    invitation = InvitationFactory(account=other.account)
    page = "/account/organisations/elsewhere/"

    assert client.get(page).status_code == 404
    for path, form in (
        ("", {"email": "a@example.test", "role": "member"}),
        ("leave", {}),
        (f"members/{other.pk}/role", {"role": "member"}),
        (f"members/{other.pk}/remove", {}),
        (f"invitations/{invitation.pk}/withdraw", {}),
        (f"invitations/{invitation.pk}/resend", {}),
    ):
        assert client.post(f"{page}{path}", form).status_code == 404, path
        if path.startswith(("members", "invitations")):  # nor through one's own organisation
            assert client.post(f"{PAGE}{path}", form).status_code == 404, path
    other.refresh_from_db()
    invitation.refresh_from_db()
    assert (other.role, invitation.is_open) == ("owner", True)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("handle", ["Acme", "ac__me", "-", "a%00b", "%ff", "a" * 300, "..", "acme%0a", "%e2%80%ae"])
def test_a_handle_that_cannot_be_is_not_there(client: Client, handle: str) -> None:
    assert client.get(f"/account/organisations/{handle}/").status_code == 404


def test_an_owner_invites_from_the_page(client: Client, acme: Account) -> None:
    answer = client.post(PAGE, {"email": "mira@example.test", "role": "member"})

    assert answer.headers["Location"] == PAGE
    assert "mira@example.test is invited" in client.get(PAGE).content.decode()
    assert list(acme.invitations.values_list("email", "role")) == [("mira@example.test", "member")]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email": ""}, id="no address"),
        pytest.param({"email": "no address"}, id="not an address"),
        pytest.param({"email": f"{'a' * 64}@{'b' * 190}.test"}, id="a long address"),
        pytest.param({"email": "a@example.test\nBcc: b@example.test"}, id="a second line"),
        pytest.param({"email": "a@exa\0mple.test"}, id="a null"),
        pytest.param({"email": "İ" * 200 + "@example.test"}, id="letters that grow when they become small"),
        pytest.param({"email": "\u212aim@example.test"}, id="a letter that becomes another one"),
        pytest.param({"role": ""}, id="no role"),
        pytest.param({"role": "OWNER"}, id="no role of ours"),
        pytest.param({"role": "owner\0"}, id="a null in the role"),
    ],
)
def test_nonsense_invites_nobody(client: Client, changes: dict[str, str]) -> None:
    answer = client.post(PAGE, {"email": "mira@example.test", "role": "member", **changes})

    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == set(changes)
    assert not Invitation.objects.exists()


def test_a_refused_invitation_is_said_at_its_field_with_the_time_to_come_back(
    client: Client, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "A_DAY_FROM_ONE", 0)

    answer = client.post(PAGE, {"email": "mira@example.test", "role": "member"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "enough invitations for one day" in answer.context["form"].errors["email"][0]
    resent = client.post(f"{PAGE}invitations/{InvitationFactory(account=acme).pk}/resend")
    assert (resent.status_code, resent.headers["Retry-After"]) == (429, "3600")
    assert "enough invitations for one day" in resent.context["refused"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.BILLING])
def test_who_is_no_owner_decides_nothing(acme: Account, owner: User, role: Role) -> None:
    client = _signed_in(MembershipFactory(account=acme, role=role).user)
    other, invitation = MembershipFactory(account=acme, role=Role.MEMBER), InvitationFactory(account=acme)

    for path, form in (
        ("", {"email": "a@example.test", "role": "member"}),
        (f"members/{other.pk}/role", {"role": "owner"}),
        (f"members/{other.pk}/remove", {}),
        (f"invitations/{invitation.pk}/withdraw", {}),
        (f"invitations/{invitation.pk}/resend", {}),
    ):
        answer = client.post(f"{PAGE}{path}", form)
        assert answer.status_code == 403, path
        assert "Only owners of Acme" in answer.content.decode(), path
    assert Invitation.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_an_owner_changes_a_role_and_removes_somebody(client: Client, acme: Account) -> None:
    member = MembershipFactory(account=acme, user__username="mira", role=Role.MEMBER)

    assert client.post(f"{PAGE}members/{member.pk}/role", {"role": "billing"}).headers["Location"] == PAGE
    member.refresh_from_db()
    assert member.role == "billing"
    assert "mira now has the role Billing." in client.get(PAGE).content.decode()

    assert client.post(f"{PAGE}members/{member.pk}/remove").headers["Location"] == PAGE
    assert not Membership.objects.filter(pk=member.pk).exists()
    assert client.post(f"{PAGE}members/{member.pk}/remove").status_code == 404


@pytest.mark.parametrize("role", ["", "boss", "owner\0", "x" * 10_000])
def test_a_role_that_is_none_changes_nothing(client: Client, acme: Account, role: str) -> None:
    member = MembershipFactory(account=acme, role=Role.MEMBER)

    assert client.post(f"{PAGE}members/{member.pk}/role", {"role": role}).headers["Location"] == PAGE

    assert "choose one of the roles" in client.get(PAGE).content.decode()
    assert not AuditEvent.objects.exists()


def test_another_owner_needs_a_fresh_login_and_is_then_made_from_the_same_form(client: Client, acme: Account) -> None:
    member = MembershipFactory(account=acme, role=Role.MEMBER)
    asked = InvitationFactory(account=acme, role=Role.OWNER)
    let_the_login_grow_old(client)

    for path, form in (
        (f"{PAGE}invitations/{asked.pk}/resend", {}),
        (PAGE, {"email": "a@example.test", "role": "owner"}),
        (f"{PAGE}members/{member.pk}/role", {"role": "owner"}),
    ):
        answer = client.post(path, form)
        assert answer.headers["Location"].startswith("/account/reauthenticate/"), path
    assert not AuditEvent.objects.exists()

    client.post(answer.headers["Location"], {"password": PASSWORD})
    member.refresh_from_db()
    assert member.role == "owner"


def test_what_makes_no_owner_needs_no_fresh_login(client: Client, acme: Account) -> None:
    let_the_login_grow_old(client)

    client.post(PAGE, {"email": "a@example.test", "role": "member"})

    assert Invitation.objects.get().role == "member"


def test_the_last_owner_reads_on_the_page_why_not(client: Client, acme: Account, owner: User) -> None:
    own = Membership.objects.get(user=owner)

    for path, form in (("leave", {}), (f"members/{own.pk}/remove", {}), (f"members/{own.pk}/role", {"role": "member"})):
        answer = client.post(f"{PAGE}{path}", form)
        assert answer.status_code == 409
        assert "Make somebody else an owner first." in answer.context["refused"]
        assert 'role="alert"' in answer.content.decode()
    own.refresh_from_db()
    assert own.role == "owner"


def test_a_member_leaves_and_the_page_is_gone(acme: Account, owner: User) -> None:
    client = _signed_in(MembershipFactory(account=acme, role=Role.BILLING).user)

    assert client.post(f"{PAGE}leave").headers["Location"] == LIST

    assert "You have left Acme" in client.get(LIST).content.decode()
    assert client.get(PAGE).status_code == 404


def test_an_invitation_is_sent_again_and_withdrawn(client: Client, acme: Account) -> None:
    first = InvitationFactory(account=acme, email="mira@example.test")

    assert client.post(f"{PAGE}invitations/{first.pk}/resend").headers["Location"] == PAGE
    second = Invitation.objects.exclude(pk=first.pk).get()
    assert (second.email, second.role, second.is_open) == ("mira@example.test", first.role, True)
    assert OutgoingMail.objects.get().to == "mira@example.test"

    assert client.post(f"{PAGE}invitations/{second.pk}/withdraw").headers["Location"] == PAGE
    assert not Invitation.objects.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize("path", ["leave", f"members/{NOBODY}/role", f"members/{NOBODY}/remove", f"invitations/{NOBODY}/resend"])
def test_a_link_alone_does_nothing(client: Client, path: str) -> None:
    assert client.get(f"{PAGE}{path}").status_code == 405


def test_a_form_from_elsewhere_is_refused(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    for path in (LIST, PAGE, f"{PAGE}leave"):
        assert client.post(path, {"name": "x", "handle": "x", "email": "a@example.test", "role": "member"}).status_code == 403
    assert Membership.objects.count() == 1


def test_strangers_are_sent_to_the_login(acme: Account) -> None:
    for path in (LIST, PAGE):
        assert Client().get(path).headers["Location"].startswith("/account/login/?next=")


def test_the_pages_queries_do_not_grow_with_the_members(client: Client, acme: Account, django_assert_num_queries) -> None:
    MembershipFactory.create_batch(10, account=acme)
    InvitationFactory.create_batch(10, account=acme)
    client.get(PAGE)  # takes the greeting after the login away

    with django_assert_num_queries(7):  # session, user, own membership, count of members, members, whether it sells, invitations
        client.get(PAGE)


class AnyForm(TestCase):
    """Whatever a form carries, it is answered, and what is made has a proper name."""

    @given(name=st.text(max_size=100), handle=st.text(max_size=50) | st.from_regex(r"[a-z0-9._-]{1,45}"))
    def test_founding_answers_whatever_it_is_given(self, name: str, handle: str) -> None:
        client = Client()
        client.force_login(UserFactory())

        answer = client.post(LIST, {"name": name, "handle": handle})

        assert answer.status_code in {302, 400, 409}
        assert answer.status_code != 302 or Account.objects.filter(handle=handle.strip(), name=name.strip()).exists()
