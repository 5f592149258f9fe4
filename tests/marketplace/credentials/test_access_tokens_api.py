from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import NOTED_USES, find_live_token, identity_token_for
from common.ops.redis import redis_client, redis_key
from marketplace.credentials.models import CredentialImage
from tests.factories.accounts import PASSWORD, AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/access-tokens/"


@pytest.fixture
def token() -> AccessToken:
    return AccessTokenFactory()


@pytest.fixture
def api(token) -> Client:
    return Client(headers={"Authorization": f"Bearer {token.secret}"})


def _post(client: Client, **body: object):
    return client.post(LIST, body, content_type="application/json")


def test_the_list_holds_ones_own_tokens_without_secrets(api: Client, token) -> None:
    other = AccessTokenFactory()

    answer = api.get(LIST)

    (row,) = answer.json()["results"]
    assert (row["id"], row["name"], row["hint"], row["is_live"]) == (str(token.pk), token.name, token.hint, True)
    assert not {"secret", "secret_hash"} & row.keys()
    for secret in (token.secret, token.secret_hash, other.name):
        assert secret not in answer.content.decode()


def test_a_pull_token_is_made_and_its_secret_answered_once(api: Client, token) -> None:
    answer = _post(api, name="cluster")

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = find_live_token(answer.json()["secret"])
    assert made is not None
    assert (made.user, made.name, made.scopes) == (token.user, "cluster", ["registry:pull"])
    assert answer.json()["token"]["id"] == str(made.pk)
    assert "secret" not in api.get(f"{LIST}{made.pk}/").json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"name": "x", "scopes": ["registry:push"]}, 403, "token_too_powerful", id="push"),
        pytest.param({"name": "x", "scopes": ["api"]}, 403, "token_too_powerful", id="api"),
        pytest.param({"name": "x", "scopes": ["registry:*"]}, 400, "invalid_input", id="unknown scope"),
        pytest.param({"name": "x", "scopes": []}, 422, "token_scope_missing", id="no scope"),
        pytest.param({"name": ""}, 400, "invalid_input", id="no name"),
        pytest.param({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, 422, "token_expiry_past", id="dead at birth"),
        pytest.param({}, 400, "invalid_input", id="nothing"),
    ],
)
def test_more_than_a_token_may_give_is_refused_with_a_reason_for_programs(
    api: Client, body: dict[str, object], status: int, code: str
) -> None:
    answer = _post(api, **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert AccessToken.objects.count() == 1


def test_a_token_is_made_for_some_images(api: Client, token) -> None:
    held = EntitlementFactory(holder=token.user.account).image

    answer = _post(api, name="cluster", images=[held.repository])

    assert answer.status_code == 201
    assert answer.json()["token"]["limited_to"] == held.repository
    assert CredentialImage.objects.get().image == held


def test_images_that_it_would_not_open_are_refused_at_their_field_alike(api: Client) -> None:
    foreign = EntitlementFactory().image

    answers = [_post(api, name="x", images=[name]) for name in (foreign.repository, "nobody/nothing")]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (403, "nothing_to_pull", ["images"])
    assert answers[0].content == answers[1].content
    assert AccessToken.objects.count() == 1


def test_a_token_that_ends_makes_none_that_lasts_longer() -> None:
    maker = AccessTokenFactory(expires_at=timezone.now() + timedelta(days=1))
    api = Client(headers={"Authorization": f"Bearer {maker.secret}"})

    assert _post(api, name="x").status_code == 403
    assert _post(api, name="x", expires_at=(timezone.now() + timedelta(days=2)).isoformat()).status_code == 403
    assert AccessToken.objects.count() == 1

    assert _post(api, name="x", expires_at=maker.expires_at.isoformat()).status_code == 201


def test_a_token_revokes_its_siblings_and_itself(api: Client, token) -> None:
    sibling = AccessTokenFactory(user=token.user)

    assert [api.delete(f"{LIST}{sibling.pk}/").status_code for _ in range(2)] == [204, 204]
    assert api.get(f"{LIST}{sibling.pk}/").json()["is_live"] is False
    assert api.delete(f"{LIST}{token.pk}/").status_code == 204
    assert api.get(LIST).status_code == 401


@pytest.mark.parametrize("ask", [lambda api, path: api.get(path), lambda api, path: api.delete(path)], ids=["look", "revoke"])
def test_somebody_elses_token_is_not_there(api: Client, ask: Callable[[Client, str], Any]) -> None:
    other = AccessTokenFactory()

    assert ask(api, f"{LIST}{other.pk}/").status_code == 404
    assert find_live_token(other.secret) == other


UNKNOWN = "lsp_" + "0" * 49


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(lambda _: "", id="none"),
        pytest.param(lambda _: f"Bearer {UNKNOWN}", id="unknown"),
        pytest.param(lambda _: "Bearer", id="empty"),
        pytest.param(lambda token: f"Bearer {identity_token_for(token)}", id="identity token"),
        pytest.param(lambda token: f"Bearer {token.secret} {token.secret}", id="two"),
        pytest.param(lambda token: f"Token {token.secret}", id="other scheme"),
        pytest.param(lambda _: f"Bearer {PASSWORD}", id="web password"),
        pytest.param(lambda _: f"Bearer {AccessTokenFactory(revoked_at=timezone.now()).secret}", id="revoked"),
        pytest.param(lambda _: f"Bearer {AccessTokenFactory(user=UserFactory(is_active=False)).secret}", id="disabled user"),
    ],
)
def test_without_a_live_access_token_the_answer_is_401_and_says_how(token, authorization: Callable[[Any], str]) -> None:
    header = authorization(token)
    answer = Client(headers={"Authorization": header} if header else {}).get(LIST)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Layerstore API"'
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_wrong_token_gets_the_same_answer() -> None:
    wrong = (UNKNOWN, PASSWORD, AccessTokenFactory(revoked_at=timezone.now()).secret, AccessTokenFactory(user__is_active=False).secret)

    assert len({Client(headers={"Authorization": f"Bearer {secret}"}).get(LIST).content for secret in wrong}) == 1


def test_a_browser_session_opens_no_api() -> None:
    client = Client()
    client.force_login(UserFactory())

    assert client.get(LIST).status_code == 401


def test_a_token_without_the_scope_api_is_refused_and_its_use_not_noted() -> None:
    token = AccessTokenFactory(scopes=["registry:pull", "registry:push"])
    api = Client(headers={"Authorization": f"Bearer {token.secret}"})

    answer = _post(api, name="x")

    assert answer.status_code == 403
    assert AccessToken.objects.count() == 1
    assert not redis_client().exists(redis_key(NOTED_USES))


def test_a_use_of_the_api_is_noted(api: Client, token) -> None:
    api.get(LIST, headers={"Authorization": f"bearer {token.secret}"})

    assert redis_client().hkeys(redis_key(NOTED_USES)) == [str(token.pk)]


def test_the_openapi_document_tells_how_to_sign_in(client: Client) -> None:
    schema = client.get("/api/schema/?format=json").json()

    assert schema["components"]["securitySchemes"]["accessToken"]["scheme"] == "bearer"
    assert set(schema["paths"]["/api/v1/access-tokens/"]) == {"get", "post"}
    assert set(schema["paths"]["/api/v1/access-tokens/{id}/"]) == {"get", "delete"}
