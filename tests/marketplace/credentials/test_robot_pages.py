"""An organisation's robots in the browser: its owners make, replace and revoke them; its members look on."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from marketplace.credentials.models import CredentialImage
from marketplace.images.models import Image
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import (
    PASSWORD,
    AccessTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    RobotFactory,
    SellerFactory,
    UserFactory,
)
from tests.factories.marketplace import EntitlementFactory, NamespaceFactory, PushedImageFactory
from tests.support.clients import client_of
from tests.support.credentials import find_credential
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
PAGE, HOST = "/account/organisations/acme/robots/", "layerstore.test:8080"


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(handle="acme", name="Acme & Co")


@pytest.fixture
def owner(acme: Account, member: User) -> User:
    MembershipFactory(account=acme, user=member)
    return member


@pytest.fixture
def held(acme: Account):
    return EntitlementFactory(holder=acme, image=PushedImageFactory(namespace__name="shop", name="db")).image


def _form(**fields: object) -> dict[str, object]:
    return {"name": "ci", "lifetime": "90", **fields}


def test_an_owner_makes_one_and_sees_its_secret_once_with_snippets_of_its_user_name(
    member_client: Client, owner: User, held: Image
) -> None:
    page = member_client.post(PAGE, _form())

    assert_sound(page)
    assert "no-store" in page["Cache-Control"]
    secret = page.context["secret"]
    credential = find_credential(secret)
    assert credential is not None
    assert (credential.username, credential.limited) == ("acme+ci", False)
    text = page.content.decode()
    assert secret in text
    snippets = {name: html.unescape(code) for name, code in re.findall(r'<code data-snippet="(\w+)">(.*?)</code>', text, re.DOTALL)}
    assert snippets["docker"].splitlines() == [
        f"docker login {HOST} -u acme+ci --password-stdin < layerstore.token", f"docker pull {HOST}/shop/db:1.0",
    ]  # fmt: skip
    assert snippets.keys() == {"docker", "compose", "secret", "pod", "helm", "github", "gitlab"}
    assert all("acme+ci" in snippets[name] for name in ("secret", "github", "gitlab"))

    again = member_client.get(PAGE)

    assert_sound(again)
    assert secret not in again.content.decode()
    assert "acme+ci" in again.content.decode()
    assert "by mira" in again.content.decode()


def test_the_list_says_whose_secrets_an_owner_who_left_may_have(member_client: Client, owner: User, acme: Account) -> None:
    mira = MembershipFactory(account=acme, user__username="mira-k")
    client_of(mira.user).post(PAGE, _form())
    said = "by mira-k, who is no longer an owner and may still know its secret"
    assert said not in member_client.get(PAGE).content.decode()

    mira.delete()

    page = member_client.get(PAGE)
    assert_sound(page)
    assert said in page.content.decode()
    member_client.post(f"{PAGE}{AccessToken.objects.get().pk}/revoke")
    assert said not in member_client.get(PAGE).content.decode()


def test_the_secret_is_nowhere_but_on_that_page(member_client: Client, owner: User, held: Image, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    page = member_client.post(PAGE, _form())

    secret = page.context["secret"]
    assert secret in page.content.decode()
    kept = [*OutgoingMail.objects.values(), *AuditEvent.objects.values(), *AccessToken.objects.values(), dict(member_client.session)]
    assert secret not in f"{kept} {caplog.text} {page.headers} {member_client.cookies}"
    assert page.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_a_robot_is_limited_to_what_is_chosen(member_client: Client, owner: User, acme: Account, held: Image) -> None:
    EntitlementFactory(holder=acme)

    page = member_client.post(PAGE, _form(images=[str(held.pk)]))

    assert [listing.image for listing in page.context["listings"]] == [held]
    assert CredentialImage.objects.get().image == held
    assert "shop/db" in member_client.get(PAGE).content.decode()


def test_an_organisation_without_images_makes_one_as_well(member_client: Client, owner: User) -> None:
    page = member_client.post(PAGE, _form())

    assert_sound(page)
    assert "docker login" in page.content.decode()
    assert "has no images yet" in page.content.decode()


def test_what_is_wrong_is_said_at_its_field(member_client: Client, owner: User, acme: Account) -> None:
    RobotFactory(organisation=acme, name="ci")

    for name, status in (("", 400), ("Not a name", 422), ("ci", 409), ("x" * 40, 400)):
        page = member_client.post(PAGE, _form(name=name))
        assert_sound(page)
        assert (page.status_code, page.context["form"].errors.keys()) == (status, {"name"})

    assert AccessToken.objects.count() == 1


def test_a_member_sees_the_list_and_can_do_nothing(acme: Account) -> None:
    robot = RobotFactory(organisation=acme, name="ci")
    client = client_of(MembershipFactory(account=acme, role=Role.MEMBER).user)

    page = client.get(PAGE)

    assert_sound(page)
    assert "acme+ci" in page.content.decode()
    assert "/revoke" not in page.content.decode()
    assert "Create a robot" not in page.content.decode()
    for path in ("", f"{robot.pk}/revoke", f"{robot.pk}/replace"):
        assert client.post(PAGE + path, _form(overlap="0")).status_code == 404
    assert list(AccessToken.objects.all()) == [robot]
    assert find_credential(robot.secret) is not None


def test_without_robots_the_page_says_who_makes_them(acme: Account, owner: User, member_client: Client) -> None:
    member = client_of(MembershipFactory(account=acme, role=Role.BILLING).user)

    for client, said in ((member_client, "Create one with the form"), (member, "can create them")):
        page = client.get(PAGE)
        assert_sound(page)
        assert said in page.content.decode()


def test_who_does_not_belong_finds_nothing(acme: Account, member_client: Client) -> None:
    robot = RobotFactory(organisation=acme)
    MembershipFactory(user=User.objects.get(username="mira"))

    for path in ("", f"{robot.pk}/revoke", f"{robot.pk}/replace"):
        assert member_client.get(PAGE + path).status_code == 404
        assert Client().get(PAGE + path)["Location"].startswith("/account/login/")


def test_a_robot_is_revoked_after_a_question(member_client: Client, owner: User, acme: Account) -> None:
    robot = RobotFactory(organisation=acme, name="ci")

    question = member_client.get(f"{PAGE}{robot.pk}/revoke")
    assert_sound(question)
    assert find_credential(robot.secret) is not None

    answer = member_client.post(f"{PAGE}{robot.pk}/revoke", follow=True)

    assert_sound(answer)
    assert "acme+ci is revoked." in answer.content.decode()
    assert "Revoked" in answer.content.decode()
    assert find_credential(robot.secret) is None


def test_a_robot_gets_a_new_secret(member_client: Client, owner: User, acme: Account, held: Image) -> None:
    robot = RobotFactory(organisation=acme, name="ci")
    assert_sound(member_client.get(f"{PAGE}{robot.pk}/replace"))

    page = member_client.post(f"{PAGE}{robot.pk}/replace", {"overlap": "7", "lifetime": "365"})

    assert_sound(page)
    assert "no-store" in page["Cache-Control"]
    assert find_credential(page.context["secret"]) is not None
    robot.refresh_from_db()
    assert robot.expires_at is not None
    assert robot.superseded_at is not None
    assert robot.expires_at - robot.superseded_at == timedelta(days=7)
    listed = member_client.get(PAGE).content.decode()
    assert f"{robot.pk}/revoke" in listed
    assert f"{robot.pk}/replace" not in listed

    again = member_client.post(f"{PAGE}{robot.pk}/replace", {"overlap": "7", "lifetime": "365"})

    assert_sound(again)
    assert again.status_code == 409
    assert "has already ended or been replaced" in again.content.decode()


def test_a_replacement_is_asked_for_properly(member_client: Client, owner: User, acme: Account) -> None:
    robot = RobotFactory(organisation=acme)

    page = member_client.post(f"{PAGE}{robot.pk}/replace", {"overlap": "365", "lifetime": "until"})

    assert_sound(page)
    assert page.status_code == 400
    assert page.context["form"].errors.keys() == {"overlap", "until"}
    assert AccessToken.objects.count() == 1


def test_too_many_new_ones_are_answered_with_when_to_come_back(
    member_client: Client, owner: User, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.robots.services.NEW_A_DAY", 1)
    robot = RobotFactory(organisation=acme)

    for page in (member_client.post(PAGE, _form()), member_client.post(f"{PAGE}{robot.pk}/replace", {"overlap": "1", "lifetime": "90"})):
        assert_sound(page)
        assert page.status_code == 429
        assert page["Retry-After"] == "3600"
        assert "1 robots were made or replaced within a day" in page.content.decode()
    assert AccessToken.objects.get() == robot


def test_an_owner_who_is_removed_in_between_is_told(
    member_client: Client, owner: User, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot = RobotFactory(organisation=acme)
    monkeypatch.setattr("marketplace.credentials.views.robots._require_owner", lambda membership: membership.delete())

    answer = member_client.post(f"{PAGE}{robot.pk}/revoke")

    assert answer.status_code == 302
    assert find_credential(robot.secret) is not None


def test_a_robot_of_another_organisation_and_a_token_of_ones_own_are_not_there(member_client: Client, owner: User) -> None:
    other = RobotFactory(organisation=MembershipFactory(user=owner).account)
    token = AccessTokenFactory(user=owner)

    for one in (other, token):
        assert member_client.post(f"{PAGE}{one.pk}/revoke").status_code == 404
    assert find_credential(other.secret) is not None


def test_the_lists_queries_do_not_grow(member_client: Client, owner: User, acme: Account, django_assert_num_queries) -> None:
    for _ in range(5):
        RobotFactory(organisation=acme)

    with django_assert_num_queries(6):  # session, user, membership with organisation, images to choose, robots, who made them
        member_client.get(PAGE)


def test_an_unverified_owner_is_told_what_to_do(acme: Account) -> None:
    owner = MembershipFactory(account=acme, user=UserFactory(verified=False)).user

    page = client_of(owner).post(PAGE, _form())

    assert_sound(page)
    assert page.status_code == 403
    assert "Confirm your e-mail address first" in page.content.decode()


def test_one_that_pushes_needs_a_fresh_login_and_says_what_it_opens(acme: Account, owner: User) -> None:
    SellerFactory(account=acme)
    image = PushedImageFactory(namespace=NamespaceFactory(owner=acme, name="acme"), name="db")
    wanted = _form(images=[str(image.pk)], pushes="on")
    stale = client_of(owner)

    assert stale.post(PAGE, wanted)["Location"].startswith("/account/reauthenticate/")
    assert not AccessToken.objects.exists()

    fresh = Client()
    fresh.post("/account/login/", {"login": owner.email, "password": PASSWORD})
    assert fresh.post(PAGE, _form(pushes="on")).status_code == 422  # no images
    page = fresh.post(PAGE, wanted)
    assert_sound(page)
    robot = AccessToken.objects.get()
    assert (robot.scopes, robot.limited_to) == (["registry:pull", "registry:push"], "acme/db")
    assert "pushes and pulls" in fresh.get(PAGE).content.decode()
    replace = f"{PAGE}{robot.pk}/replace"
    assert stale.post(replace, {"overlap": "0", "lifetime": "90"})["Location"].startswith("/account/reauthenticate/")
    fresh.post(replace, {"overlap": "0", "lifetime": "90"})
    assert AccessToken.objects.exclude(pk=robot.pk).get().scopes == ["registry:pull", "registry:push"]
