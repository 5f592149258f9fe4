import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.services.invitations import invite
from accounts.people.models import Account, User
from common.ops.logging import JsonFormatter
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, InvitationFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.support.clients import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(name="Acme <& Co>", handle="acme")


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira", email="mira@example.test")


@pytest.fixture
def invitation(acme: Account) -> Invitation:
    MembershipFactory(account=acme)
    return InvitationFactory(account=acme, email="mira@example.test", role=Role.BILLING, invited_by__username="olga")


def _link(invitation: Any) -> str:
    return f"/account/invitations/?key={invitation.secret}"


def _page(invitation: Invitation) -> str:
    return f"/account/invitations/{invitation.pk}/"


def test_the_link_leads_to_a_page_whose_address_holds_no_secret(invitation: Any) -> None:
    client = Client()

    answer = client.get(_link(invitation))

    assert (answer.status_code, answer.headers["Location"]) == (302, _page(invitation))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    page = client.get(answer.headers["Location"])
    text = page.content.decode()
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert invitation.secret not in text
    for words in ("olga", "mira@example.test", "Acme &lt;&amp; Co&gt;", "Billing", f"/account/login/?next={_page(invitation)}"):
        assert words in text
    assert 'value="accept"' not in text


def test_opening_the_link_changes_nothing_however_often(invitation: Invitation, mira: User) -> None:
    before = list(Invitation.objects.values())
    client = client_of(mira)

    for _ in range(3):
        client.get(_link(invitation))
        client.head(_link(invitation))
        client.get(_page(invitation))

    assert list(Invitation.objects.values()) == before
    assert not Membership.objects.filter(user=mira).exists()


def test_the_session_remembers_the_newest_links_alone(acme: Account) -> None:
    client = Client()
    opened = InvitationFactory.create_batch(11, account=acme)

    for one in opened:
        client.get(_link(one))

    assert client.get(_page(opened[0])).status_code == 404
    assert client.get(_page(opened[1])).status_code == client.get(_page(opened[10])).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "lsi_" + "A" * 43, "lsi_" + "%00" * 43, "lsi_" + "é" * 43, "A" * 5000])
def test_an_unknown_link_has_a_page_and_begins_no_session(invitation: Invitation, key: str) -> None:
    answer = Client().get(f"/account/invitations/?key={key}")

    assert answer.status_code == 404
    assert "This link does not work" in answer.content.decode()
    assert not Session.objects.exists()


def test_a_page_is_not_there_without_link_or_address(invitation: Invitation) -> None:
    for client in (Client(), client_of(UserFactory()), client_of(UserFactory(email="mira@example.test", verified=False))):
        for path in (_page(invitation), f"/account/invitations/{uuid4()}/"):
            assert client.get(path).status_code == 404
            assert client.post(path, {"answer": "accept"}).status_code == 404
    invitation.refresh_from_db()
    assert invitation.is_open


def test_whoever_has_the_address_accepts_without_the_link(invitation: Invitation, mira: User, acme: Account) -> None:
    client = client_of(mira)
    assert 'value="accept"' in client.get(_page(invitation)).content.decode()

    answer = client.post(_page(invitation), {"answer": "accept"})

    assert answer.headers["Location"] == "/account/organisations/acme/"
    assert "Your role: Billing." in client.get(answer.headers["Location"]).content.decode()
    assert Membership.objects.get(user=mira).role == "billing"


def test_another_account_with_the_link_reads_whose_it_is_and_cannot_accept(invitation: Invitation) -> None:
    other = UserFactory(username="eve")
    client = client_of(other)
    client.get(_link(invitation))

    page = client.get(_page(invitation)).content.decode()
    assert "You are signed in as eve." in page
    assert 'value="accept"' not in page

    answer = client.post(_page(invitation), {"answer": "accept"})
    assert answer.status_code == 403
    assert "Sign in to the account with that address" in answer.content.decode()
    assert not Membership.objects.filter(user=other).exists()


def test_a_reader_without_an_account_may_decline_and_not_accept(invitation: Invitation) -> None:
    client = Client()
    client.get(_link(invitation))

    assert client.post(_page(invitation), {"answer": "accept"}).status_code == 400
    answer = client.post(_page(invitation), {"answer": "decline"})

    assert answer.headers["Location"] == "/"
    assert "You have declined to join" in client.get("/").content.decode()
    invitation.refresh_from_db()
    assert not invitation.is_open
    assert client.get(_page(invitation)).status_code == 410


def test_a_signed_in_reader_declines(invitation: Invitation, mira: User) -> None:
    client = client_of(mira)

    assert client.post(_page(invitation), {"answer": "decline"}).headers["Location"] == "/account/organisations/"

    assert not Membership.objects.filter(user=mira).exists()


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": "ACCEPT"}, {"answer": "x" * 10_000}, {"answer": "\0"}])
def test_an_answer_that_is_none_changes_nothing(invitation: Invitation, mira: User, answer: dict[str, str]) -> None:
    assert client_of(mira).post(_page(invitation), answer).status_code == 400

    invitation.refresh_from_db()
    assert invitation.is_open


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"withdrawn_at": timezone.now()}, "was withdrawn, declined, or replaced", id="withdrawn"),
        pytest.param({"expires_at": timezone.now() - timedelta(seconds=1)}, "has expired", id="expired"),
    ],
)
def test_a_link_that_is_over_says_why(invitation: Invitation, mira: User, fields: dict[str, object], said: str) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(**fields)
    client = client_of(mira)

    page = client.get(_link(invitation), follow=True)
    answer = client.post(_page(invitation), {"answer": "accept"})

    assert (page.status_code, answer.status_code) == (410, 410)
    assert said in page.content.decode()
    assert said in answer.content.decode()
    assert not Membership.objects.filter(user=mira).exists()


def test_a_used_link_says_so_to_others_and_leads_the_member_on(invitation: Invitation, mira: User) -> None:
    client, stranger = client_of(mira), Client()
    client.post(_page(invitation), {"answer": "accept"})

    again = client.post(_page(invitation), {"answer": "accept"})
    assert again.status_code == 410
    assert "You belong to Acme" in again.content.decode()
    assert "/account/organisations/acme/" in client.get(_link(invitation), follow=True).content.decode()
    assert "was already accepted" in stranger.get(_link(invitation), follow=True).content.decode()
    assert Membership.objects.filter(user=mira).count() == 1


def test_who_belongs_already_reads_that(invitation: Invitation, mira: User, acme: Account) -> None:
    MembershipFactory(account=acme, user=mira, role=Role.MEMBER)
    client = client_of(mira)

    assert "You belong to Acme" in client.get(_page(invitation)).content.decode()
    assert client.post(_page(invitation), {"answer": "accept"}).status_code == 409
    assert Membership.objects.get(user=mira).role == "member"


def test_a_full_organisation_says_so(invitation: Invitation, mira: User, settings) -> None:
    settings.LAYERSTORE_MEMBERS_PER_ORGANISATION = 1

    answer = client_of(mira).post(_page(invitation), {"answer": "accept"})

    assert answer.status_code == 409
    assert "The organisation is full" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused(invitation: Invitation, mira: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mira)

    assert client.post(_page(invitation), {"answer": "accept"}).status_code == 403
    assert not Membership.objects.filter(user=mira).exists()


def _link_in(mail: OutgoingMail) -> str:
    found = re.search(r"^http://layerstore\.test:8080(/account/\S+)$", mail.body_text, re.MULTILINE)
    assert found is not None
    return found[1]


def _newest_mail(to: str) -> OutgoingMail:
    return OutgoingMail.objects.filter(to=to).latest("created_at")


def test_from_the_mail_over_signing_up_back_to_the_invitation(acme: Account) -> None:
    owner, client = MembershipFactory(account=acme).user, Client()
    invite(organisation=acme, email="new@example.test", role=Role.MEMBER, actor=owner)
    page = client.get(_link_in(_newest_mail("new@example.test")), follow=True)
    sign_up = re.search(r'href="(/account/signup/\?next=[^"]+)"', page.content.decode())
    assert sign_up is not None

    form = client.get(sign_up[1])
    hidden = dict(re.findall(r'<input type="hidden" name="(next)"\s+value="([^"]+)"', form.content.decode()))
    person = {"username": "newcomer", "email": "new@example.test", "password1": PASSWORD}
    assert client.post("/account/signup/", {**person, **hidden}).status_code == 302
    confirmed = client.post(_link_in(_newest_mail("new@example.test")))

    assert confirmed.headers["Location"] == page.redirect_chain[-1][0]
    client.post(confirmed.headers["Location"], {"answer": "accept"})
    assert Membership.objects.get(user__username="newcomer").account == acme


def test_from_the_mail_over_signing_in_back_to_the_invitation(invitation: Invitation, mira: User) -> None:
    client = Client()
    client.get(_link(invitation))

    answer = client.post("/account/login/", {"login": "mira", "password": PASSWORD, "next": _page(invitation)})

    assert answer.headers["Location"] == _page(invitation)
    assert 'value="accept"' in client.get(_page(invitation)).content.decode()


def test_who_confirms_the_address_in_another_browser_finds_the_invitation_on_their_page(invitation: Invitation, mira: User) -> None:
    assert list(client_of(mira).get("/account/organisations/").context["invitations"]) == [invitation]


def test_the_log_of_a_request_holds_no_secret(invitation: Any, caplog: pytest.LogCaptureFixture) -> None:
    Client().get(f"{_link(invitation)}x")  # 404, which Django logs

    assert caplog.records
    for record in caplog.records:
        assert invitation.secret not in JsonFormatter().format(record)
