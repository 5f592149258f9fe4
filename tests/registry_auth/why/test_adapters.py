"""The page, the API and the command ask one question in three ways."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.people.models import User
from common.ids import new_id
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory, PushedImageFactory
from tests.support.clients import client_of
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
API = "/api/v1/pull-diagnoses/"


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


@pytest.fixture
def name() -> str:
    return f"{ProductFactory(images=None).images.get().repository}:1.0"


class TestThePage:
    def test_it_is_for_everybody(self, client: Client, name: str) -> None:
        page = client.get("/why/")

        assert_sound(page)
        assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
        assert client.get("/why/", {"image": name}).context["answer"].reason == "not_signed_in"
        assert "token" not in page.context["form"].fields

    def test_a_link_asks_for_the_reader(self, mira: User, name: str) -> None:
        page = client_of(mira).get("/why/", {"image": name})

        assert_sound(page)
        assert page.context["answer"].reason == "not_bought"
        assert "mira has not bought this image." in page.content.decode()

    def test_a_credential_in_an_address_is_not_read(self, client: Client, name: str) -> None:
        page = client.get("/why/", {"image": name, "secret": AccessTokenFactory().secret})

        assert page.context["answer"].reason == "not_signed_in"

    def test_a_pasted_credential_is_not_shown_again(self, mira: User, name: str) -> None:
        token = AccessTokenFactory(user=mira)

        page = Client().post("/why/", {"image": name, "secret": token.secret})

        assert_sound(page)
        assert page.context["answer"].reason == "not_bought"
        assert token.secret not in page.content.decode()

    def test_ones_own_tokens_can_be_chosen_and_nobody_elses(self, mira: User, name: str) -> None:
        own, other = AccessTokenFactory(user=mira, scopes=["api"]), AccessTokenFactory()
        EntitlementFactory(holder=mira.account, image=ProductFactory().images.get())

        assert client_of(mira).post("/why/", {"image": name, "token": own.pk}).context["answer"].reason == "not_bought"
        assert client_of(mira).post("/why/", {"image": name, "token": other.pk}).status_code == 400

    def test_a_text_without_an_image_is_refused_at_its_field(self, client: Client) -> None:
        page = client.post("/why/", {"image": "it does not work"})

        assert_sound(page)
        assert page.status_code == 422
        assert page.context["form"].errors["image"] == ["Paste the name as docker takes it: layerstore.test:8080/NAMESPACE/IMAGE:TAG."]

    def test_who_may_pull_is_told_so(self, mira: User) -> None:
        image = EntitlementFactory(holder=mira.account).image

        html = client_of(mira).post("/why/", {"image": f"{image.repository}:1.0"}).content.decode()

        assert "You can pull." in html
        assert f"docker pull layerstore.test:8080/{image.repository}:1.0" in html

    def test_the_pages_that_lead_there(self, mira: User) -> None:
        product = ProductFactory()
        lost = EntitlementFactory(holder=mira.account, revoked=True).image
        host = "layerstore.test:8080"

        assert f"/why/?image={host}/{lost.repository}".replace(":", "%3A") in client_of(mira).get("/library/").content.decode()
        assert (
            f"/why/?image={host}/{product.images.get()}".replace(":", "%3A")
            in Client().get(f"/{product.namespace.name}/{product.slug}").content.decode()
        )
        assert 'href="/why/">Ask why' in Client().get("/help/docker/").content.decode()


class TestTheApi:
    @pytest.fixture
    def api(self, mira: User) -> Client:
        return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=mira).secret}"})

    def test_it_answers_the_reason(self, api: Client, name: str) -> None:
        answer = api.post(API, {"image": name}, content_type="application/json")

        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert answer.json().keys() == {"may_pull", "reason", "sentence", "next_step", "command", "url"}
        assert (answer.json()["reason"], answer.json()["may_pull"]) == ("not_bought", False)

    def test_a_token_is_ones_own(self, api: Client, mira: User, name: str) -> None:
        own, other = AccessTokenFactory(user=mira), AccessTokenFactory()

        assert api.post(API, {"image": name, "token": str(own.pk)}, content_type="application/json").json()["reason"] == "not_bought"
        assert api.post(API, {"image": name, "token": str(other.pk)}, content_type="application/json").status_code == 404

    def test_a_stranger_and_a_text_without_an_image_are_refused(self, api: Client, client: Client) -> None:
        assert client.post(API, {"image": "acme/db"}, content_type="application/json").status_code == 401
        refused = api.post(API, {"image": "nothing"}, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (422, "not_an_image")


class TestTheCommand:
    def run(self, *arguments: str) -> list[str]:
        out = StringIO()
        call_command("why_not_pull", *arguments, stdout=out)
        return out.getvalue().splitlines()

    def test_it_reads_what_any_account_holds(self, mira: User) -> None:
        image = EntitlementFactory(holder=mira.account, image=PushedImageFactory()).image

        lines = self.run(f"{image.repository}:1.0", "--user", "mira")

        assert lines[0] == f"may_pull: Nothing is in the way: {image.repository} may be pulled."
        assert lines[-1] == f"docker pull layerstore.test:8080/{image.repository}:1.0"

    def test_it_asks_for_a_credential_by_its_id(self, name: str) -> None:
        token = AccessTokenFactory(scopes=["api"])
        EntitlementFactory(holder=token.user.account, image=PushedImageFactory())

        assert self.run(name, "--token-id", str(token.pk))[0].startswith("not_bought: ")

    @pytest.mark.parametrize("arguments", [("acme/db", "--token-id", str(new_id())), ("nothing",)])
    def test_what_is_not_there_is_an_error(self, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            self.run(*arguments)
