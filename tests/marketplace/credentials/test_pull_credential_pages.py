"""From the library to a line that pulls: the credential is shown once, with snippets that are whole."""

import html
import re

import pytest
import yaml
from django.test import Client

from accounts.people.models import User
from accounts.tokens.models import AccessToken
from marketplace.images.models import Image
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory
from tests.support.credentials import find_credential
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
PAGE, HOST = "/library/credential/", "layerstore.test:8080"


@pytest.fixture
def bought(member: User):
    return EntitlementFactory(holder=member.account, image__namespace__name="acme").image


def _form(*images: Image, **fields: str) -> dict[str, object]:
    return {"name": "cluster", "lifetime": "90", "images": [str(image.pk) for image in images], **fields}


def _snippets(page: str) -> dict[str, str]:
    return {name: html.unescape(text) for name, text in re.findall(r'<code data-snippet="(\w+)">(.*?)</code>', page, re.DOTALL)}


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"/account/login/?next={PAGE}"


def test_the_library_leads_there_with_the_image_ticked(member_client: Client, bought: Image) -> None:
    link = f"{PAGE}?image={bought.pk}"
    assert f'href="{link}"' in member_client.get("/library/").content.decode()

    page = member_client.get(link)

    assert_sound(page)
    assert page.context["form"]["images"].value() == [str(bought.pk)]


def test_without_anything_to_pull_it_says_where_to_find_something(member_client: Client, member: User) -> None:
    EntitlementFactory(holder=member.account, revoked=True)

    page = member_client.get(PAGE)

    assert_sound(page)
    assert "There is nothing to pull yet" in page.content.decode()


def test_the_secret_is_shown_once_and_kept_nowhere(member_client: Client, bought: Image) -> None:
    page = member_client.post(PAGE, _form(bought))

    assert_sound(page)
    assert "no-store" in page["Cache-Control"]
    secret = page.context["secret"]
    credential = find_credential(secret)
    assert credential is not None
    assert (credential.limited, credential.scopes) == (True, ("registry:pull",))
    assert secret in page.content.decode()
    assert secret not in member_client.get(PAGE).content.decode()


def test_the_snippets_are_whole(member_client: Client, member: User, bought: Image) -> None:
    other = EntitlementFactory(holder=member.account, image=ImageFactory(namespace__name="zeta")).image
    first, second = f"{HOST}/{bought.repository}:1.0", f"{HOST}/{other.repository}"

    snippets = _snippets(member_client.post(PAGE, _form(bought, other)).content.decode())

    login = f"docker login {HOST} -u mira --password-stdin"
    assert snippets["docker"].splitlines() == [f"{login} < layerstore.token", f"docker pull {first}", f"docker pull {second}"]
    assert yaml.safe_load(snippets["compose"]) == {"services": {"image-1": {"image": first}, "image-2": {"image": second}}}
    assert snippets["secret"].replace("\\\n  ", "") == (
        f"kubectl create secret docker-registry layerstore-pull --docker-server={HOST} --docker-username=mira"
        ' --docker-password="$(cat layerstore.token)"'
    )
    assert yaml.safe_load(snippets["pod"])["spec"] == {
        "imagePullSecrets": [{"name": "layerstore-pull"}],
        "containers": [{"name": "image-1", "image": first}, {"name": "image-2", "image": second}],
    }
    assert yaml.safe_load(snippets["helm"]) == {
        "imagePullSecrets": [{"name": "layerstore-pull"}],
        "image": {"repository": f"{HOST}/{bought.repository}", "tag": "1.0"},
    }
    sign_in, *pulls = yaml.safe_load(snippets["github"])
    assert sign_in["with"] == {"registry": HOST, "username": "mira", "password": "${{ secrets.LAYERSTORE_TOKEN }}"}
    assert pulls == [{"run": f"docker pull {first}"}, {"run": f"docker pull {second}"}]
    assert yaml.safe_load(snippets["gitlab"])["pull"]["script"] == [
        f'printf %s "$LAYERSTORE_TOKEN" | {login}',
        f"docker pull {first}",
        f"docker pull {second}",
    ]


def test_a_chart_pulls_latest_while_there_is_no_tag(member_client: Client, member: User) -> None:
    unpushed = EntitlementFactory(holder=member.account, image=ImageFactory()).image

    snippets = _snippets(member_client.post(PAGE, _form(unpushed)).content.decode())

    assert yaml.safe_load(snippets["helm"])["image"]["tag"] == "latest"


@pytest.mark.parametrize("change", [{"images": []}, {"name": ""}])
def test_what_is_missing_is_said_at_its_field(member_client: Client, bought: Image, change: dict[str, object]) -> None:
    page = member_client.post(PAGE, _form(bought) | change)

    assert_sound(page)
    assert page.status_code == 400
    assert page.context["form"].errors.keys() == change.keys()


def test_an_image_of_somebody_elses_library_cannot_be_chosen(member_client: Client, bought: Image) -> None:
    foreign = EntitlementFactory().image

    assert member_client.post(PAGE, _form(bought, foreign)).status_code == 400
    assert not AccessToken.objects.exists()


def test_without_a_verified_address_it_says_what_to_do() -> None:
    user, client = UserFactory(verified=False), Client()
    client.force_login(user)
    image = EntitlementFactory(holder=user.account).image

    page = client.post(PAGE, _form(image))

    assert_sound(page)
    assert page.status_code == 403
    assert "Confirm your e-mail address first" in page.content.decode()


def test_it_is_listed_with_its_images_and_revoked_as_others(member_client: Client, bought: Image) -> None:
    secret = member_client.post(PAGE, _form(bought)).context["secret"]
    (token,) = AccessToken.objects.all()
    assert bought.repository in member_client.get("/account/tokens/").content.decode()

    member_client.post(f"/account/tokens/{token.pk}/revoke")

    assert find_credential(secret) is None
