"""`/auth/token` as clients meet it: every row of the protocol, and that nothing is written and nobody is told more than they may know."""

import json
from datetime import UTC, datetime, timedelta
from unittest import mock
from urllib.parse import urlencode

import jwt
import pytest
import time_machine
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.credentials import new_secret
from accounts.models import AccessToken, TokenScope
from accounts.selectors.tokens import NOTED_USES, identity_token_for
from accounts.services.tokens import log_out_everywhere, revoke_access_token
from common.redis import redis_client, redis_key
from registry_auth.endpoint import LARGEST_FORM, answer_token
from registry_auth.services import tokens as service
from tests.factories.accounts import PASSWORD, AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory
from tests.registry_auth.conftest import access_of, basic, claims_of

pytestmark = pytest.mark.django_db
URL = "/auth/token"
FORM = "application/x-www-form-urlencoded"
WRONG = (
    "wrong user name or access token; access tokens, which are not web passwords, are made at http://layerstore.test:8080/account/tokens/"
)


@pytest.fixture(params=["django", "wsgi"])
def client(request, token_client, bare_token_client):
    """Both ways in: below Django's handlers, and the application that the token process runs."""
    return token_client if request.param == "django" else bare_token_client


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def seller(image) -> AccessToken:
    return AccessTokenFactory(user=image.owner.user)


@pytest.fixture
def buyer(image) -> AccessToken:
    credential = AccessTokenFactory()
    EntitlementFactory(holder=credential.user.account, image=image)
    return credential


@pytest.fixture
def ask(client: Client):
    """Ask by GET, with a credential's own user name unless said otherwise."""

    def get(credential=None, *scopes: str, username: str | None = None, secret: str | None = None, **query):
        headers = {}
        if credential is not None or secret is not None:
            name = credential.user.username if username is None and credential else username or ""
            headers["authorization"] = basic(name, secret if secret is not None else credential.secret)
        return client.get(URL, {"scope": scopes, **query}, headers=headers)

    return get


@pytest.fixture
def post(client: Client):
    """Ask by an OAuth form."""

    def send(**fields):
        return client.post(URL, urlencode({"client_id": "containerd-client", **fields}), content_type=FORM)

    return send


def pull_of(image) -> str:
    return f"repository:{image.repository}:pull"


def push_of(image) -> str:
    return f"repository:{image.repository}:push,pull"


class TestWhoMayDoWhat:
    def test_the_owner_pushes_and_pulls(self, ask, image, seller):
        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}

    def test_a_buyer_pulls_and_does_not_push(self, ask, image, buyer):
        assert access_of(ask(buyer, push_of(image))) == {image.repository: ["pull"]}

    def test_a_stranger_gets_200_without_rights(self, ask, image):
        response = ask(AccessTokenFactory(), push_of(image))

        assert response.status_code == 200
        assert claims_of(response.json()["token"])["access"] == []

    def test_anybody_pulls_what_is_free(self, ask):
        image = FreeProductFactory().images.get()

        assert access_of(ask(None, push_of(image))) == {image.repository: ["pull"]}

    def test_push_alone_carries_pull(self, ask, image, seller):
        assert access_of(ask(seller, f"repository:{image.repository}:push")) == {image.repository: ["pull", "push"]}

    def test_pull_alone_carries_nothing(self, ask, image, seller):
        assert access_of(ask(seller, pull_of(image))) == {image.repository: ["pull"]}

    @pytest.mark.parametrize(("who", "actions"), [("seller", ["pull", "push"]), ("buyer", ["pull"])])
    def test_a_star_becomes_real_actions_and_is_never_minted(self, ask, image, who, actions, request):
        assert access_of(ask(request.getfixturevalue(who), f"repository:{image.repository}:*")) == {image.repository: actions}

    def test_delete_is_for_staff(self, ask, image, seller):
        staff = AccessTokenFactory(user=UserFactory(staff=True))
        delete = f"repository:{image.repository}:delete"

        assert access_of(ask(seller, delete)) == {}
        assert access_of(ask(staff, delete)) == {image.repository: ["delete"]}

    def test_the_catalogue_is_for_staff(self, ask, seller):
        staff = AccessTokenFactory(user=UserFactory(staff=True))

        assert access_of(ask(staff, "registry:catalog:*", "registry:other:*")) == {"catalog": ["*"]}
        assert access_of(ask(seller, "registry:catalog:*")) == {}
        assert access_of(ask(None, "registry:catalog:*")) == {}

    @pytest.mark.parametrize(
        ("scopes", "actions"),
        [
            pytest.param([TokenScope.PULL], ["pull"], id="a pull credential does not push"),
            pytest.param([TokenScope.PUSH], ["pull", "push"], id="a push credential reads what it writes"),
            pytest.param([TokenScope.API], None, id="an API credential opens no image"),
        ],
    )
    def test_a_credential_is_good_for_its_scopes_only(self, ask, image, scopes, actions):
        credential = AccessTokenFactory(user=image.owner.user, scopes=scopes)

        assert access_of(ask(credential, push_of(image))).get(image.repository) == actions

    def test_a_push_credential_does_not_pull_alone(self, ask, image):
        credential = AccessTokenFactory(user=image.owner.user, scopes=[TokenScope.PUSH])

        assert access_of(ask(credential, pull_of(image))) == {}

    def test_a_mount_is_granted_only_with_pull_on_its_source(self, ask, image, seller):
        foreign, own = ImageFactory(), ImageFactory(namespace=image.namespace)

        assert access_of(ask(seller, push_of(image), pull_of(foreign))) == {image.repository: ["pull", "push"]}
        assert access_of(ask(seller, push_of(image), pull_of(own))) == {image.repository: ["pull", "push"], own.repository: ["pull"]}

    def test_an_account_in_the_query_is_a_hint_only(self, ask, image, buyer, seller):
        response = ask(buyer, push_of(image), account=seller.user.username)

        assert claims_of(response.json()["token"])["sub"] == buyer.user.username
        assert access_of(response) == {image.repository: ["pull"]}


class TestScopes:
    def test_repeated_and_joined_scopes_are_read_and_sorted(self, ask, image, seller):
        second = ImageFactory(namespace=image.namespace, name="a-first")

        response = ask(seller, f"{push_of(image)} {pull_of(second)}", f"repository:{second.repository}:push")

        names = [entry["name"] for entry in claims_of(response.json()["token"])["access"]]
        assert names == sorted([image.repository, second.repository])
        assert access_of(response) == {image.repository: ["pull", "push"], second.repository: ["pull", "push"]}

    @pytest.mark.parametrize("query", ["", "?scope=", "?scope", "?service=layerstore", "?account=ada&service=layerstore"])
    def test_no_scope_is_200_without_rights(self, client, query):
        response = client.get(f"{URL}{query}")

        assert access_of(response) == {}

    def test_an_unknown_scope_spoils_no_other(self, ask, image, buyer):
        assert access_of(ask(buyer, "nonsense", "plugin:x:pull", "repository:UP/x:pull", pull_of(image))) == {image.repository: ["pull"]}

    def test_a_host_in_the_name_is_another_name(self, ask, image, seller):
        assert access_of(ask(seller, f"repository:127.0.0.1:8080/{image.repository}:pull")) == {}

    def test_a_class_is_dropped_from_the_answer(self, ask, image, seller):
        (entry,) = claims_of(ask(seller, f"repository(plugin):{image.repository}:pull").json()["token"])["access"]

        assert entry == {"type": "repository", "name": image.repository, "actions": ["pull"]}

    def test_very_many_long_scopes_still_fit_a_header_line(self, ask):
        owner = AccessTokenFactory(user=UserFactory(staff=True))
        images = [ImageFactory(name=f"{'n' * 110}{number}") for number in range(60)]

        response = ask(owner, *[f"repository:{image.repository}:*" for image in images])

        assert len(f"Authorization: Bearer {response.json()['token']}") < 8192
        assert 10 < len(access_of(response)) < 50


class TestService:
    def test_ours_or_none_or_empty(self, ask):
        assert [ask(service="layerstore").status_code, ask().status_code, ask(service="").status_code] == [200, 200, 200]

    def test_another_is_400(self, ask, seller):
        response = ask(seller, service="elsewhere")

        assert response.status_code == 400
        assert response.json()["errors"][0]["message"] == "This token server serves layerstore only."

    def test_the_audience_is_always_ours(self, ask):
        assert claims_of(ask(service="").json()["token"])["aud"] == "layerstore"


class TestAnswer:
    @time_machine.travel(datetime(2026, 11, 23, 1, 2, 3, 987654, tzinfo=UTC), tick=False)
    def test_a_pull_is_answered_as_the_specification_says(self, ask, image, buyer, key_store):
        key_store.add(now=timezone.now())
        key_store.promote(now=timezone.now())

        response = ask(buyer, pull_of(image))

        body = response.json()
        assert body == {
            "token": body["access_token"],
            "access_token": body["access_token"],
            "expires_in": 300,
            "issued_at": "2026-11-23T01:02:03Z",
        }
        assert (response["Cache-Control"], response["Vary"], response["Content-Type"]) == ("no-store", "Authorization", "application/json")
        assert int(response["Content-Length"]) == len(response.content)
        issued = int(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC).timestamp())
        said = claims_of(body["token"])
        assert len(said.pop("jti")) == 22
        assert said == {
            "iss": "layerstore",
            "sub": buyer.user.username,
            "aud": "layerstore",
            "exp": issued + 300,
            "nbf": issued - 30,
            "iat": issued,
            "access": [{"type": "repository", "name": image.repository, "actions": ["pull"]}],
        }
        header = jwt.get_unverified_header(body["token"])
        assert (header["alg"], header["typ"], header["kid"], len(header["x5c"])) == ("ES256", "JWT", key_store.index.active.kid, 1)

    def test_a_push_lives_longer(self, ask, image, seller):
        body = ask(seller, push_of(image)).json()
        said = claims_of(body["token"])

        assert body["expires_in"] == said["exp"] - said["iat"] == 1800

    def test_a_push_that_was_not_granted_lives_as_a_pull(self, ask, image, buyer):
        assert ask(buyer, push_of(image)).json()["expires_in"] == 300

    def test_no_token_lives_less_than_clients_understand(self, ask, settings):
        settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=5)

        assert ask().json()["expires_in"] == 60

    def test_the_anonymous_are_nobody(self, ask):
        assert claims_of(ask().json()["token"])["sub"] == ""

    def test_each_token_has_an_id_of_its_own(self, ask, seller):
        assert len({claims_of(ask(seller).json()["token"])["jti"] for _ in range(5)}) == 5

    def test_scope_is_answered_to_a_form(self, post, image, seller):
        asked = f"{push_of(image)} repository:else/where:pull"

        body = post(grant_type="password", username=seller.user.username, password=seller.secret, scope=asked).json()

        assert body["scope"] == f"repository:{image.repository}:pull,push"
        assert body["token_type"] == "Bearer"


class TestEndpoint:
    def test_both_spellings_are_served_without_redirect(self, client, seller):
        form = {"client_id": "docker", "grant_type": "password", "username": seller.user.username, "password": seller.secret}

        assert [client.get(url).status_code for url in (URL, f"{URL}/")] == [200, 200]
        assert [client.post(url, urlencode(form), content_type=FORM).status_code for url in (URL, f"{URL}/")] == [200, 200]

    def test_no_form_token_is_needed(self, token_client, settings, seller):
        settings.MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
        form = {"client_id": "docker", "grant_type": "password", "username": seller.user.username, "password": seller.secret}

        assert Client(enforce_csrf_checks=True).post(URL, urlencode(form), content_type=FORM).status_code == 200

    def test_other_methods_are_405(self, client):
        response = client.put(URL)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")

    @pytest.mark.parametrize("path", ["/auth/jwks.json", "/auth/bundle.pem"])
    def test_what_is_published_is_only_read(self, client, path):
        response = client.post(path)

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")

    def test_an_address_that_is_not_there_is_404_in_registry_form(self, client):
        response = client.get("/auth/elsewhere")

        assert (response.status_code, response.json()["errors"][0]["message"]) == (404, "There is nothing at this address.")

    def test_a_fault_of_ours_is_500_in_registry_form(self, client, monkeypatch):
        monkeypatch.setattr("registry_auth.endpoint.issue_token", None)
        client.raise_request_exception = False

        response = client.get(URL)

        assert (response.status_code, response.json()["errors"][0]["code"]) == (500, "UNKNOWN")
        assert "token" not in response.json()

    def test_the_head_of_an_answer_has_no_body(self, client):
        response = client.head(URL)

        assert (response.status_code, response.content) == (200, b"")

    def test_a_broken_request_is_400_in_registry_form(self, token_client, monkeypatch):
        monkeypatch.setattr("registry_auth.endpoint.issue_token", mock.Mock(side_effect=SuspiciousOperation))

        assert token_client.get(URL).json()["errors"][0]["message"] == "The request is malformed."

    def test_nothing_is_written_and_one_query_does(self, ask, image, seller, django_assert_num_queries):
        scopes = [pull_of(ImageFactory()) for _ in range(9)]
        with django_assert_num_queries(1) as captured:
            ask(seller, push_of(image), *scopes)

        asked = [query["sql"].rpartition("; ")[2] for query in captured.captured_queries]  # a fresh connection prepares in the same breath
        assert [sql.partition(" (")[0] for sql in asked] == ["EXECUTE shown_by_hash"]

    def test_the_anonymous_cost_one_query(self, ask, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            ask(None, pull_of(image))

    def test_the_use_of_a_token_is_noted_for_the_worker(self, ask, seller):
        ask(seller)

        assert redis_client().hexists(redis_key(NOTED_USES), str(seller.pk))

    def test_the_public_keys_are_published(self, client, key_store):
        key_store.add(now=timezone.now())

        keys = client.get("/auth/jwks.json").json()["keys"]

        assert [key["kid"] for key in keys] == [leaf.kid for leaf in key_store.index.leaves]
        token = client.get(URL).json()["token"]
        jwt.decode(token, jwt.PyJWK(keys[0]), algorithms=["ES256"], audience="layerstore")

    def test_the_bundle_is_published_and_holds_certificates_alone(self, client, key_store):
        key_store.add_authority(now=timezone.now())

        response = client.get("/auth/bundle.pem")

        assert response.content.decode() == key_store.index.bundle()
        assert (response.content.count(b"-----BEGIN CERTIFICATE-----"), response.content.count(b"PRIVATE")) == (2, 0)

    @pytest.mark.parametrize(
        ("path", "media_type"),
        [("/auth/jwks.json", "application/jwk-set+json"), ("/auth/bundle.pem", "application/pem-certificate-chain")],
    )
    def test_what_is_published_may_be_kept_for_five_minutes(self, client, path, media_type):
        got, looked_at = client.get(path), client.head(path)

        assert (got["Content-Type"], got["Cache-Control"]) == (media_type, "public, max-age=300")
        assert (looked_at.status_code, looked_at.content, looked_at["Content-Length"]) == (200, b"", str(len(got.content)))


class TestKeptAnswers:
    """What the anonymous are answered is signed once in half a minute."""

    @pytest.fixture
    def free(self):
        return FreeProductFactory().images.get()

    @pytest.fixture
    def clock(self):
        with time_machine.travel(datetime(2026, 11, 23, 1, 2, 3, 900000, tzinfo=UTC), tick=False) as clock:
            yield clock

    def test_the_same_token_is_given_for_half_a_minute_and_says_how_long_it_still_lives(self, clock, ask, free):
        first = ask(None, pull_of(free)).json()
        clock.shift(29.2)
        kept = ask(None, pull_of(free)).json()
        clock.shift(0.8)
        fresh = ask(None, pull_of(free)).json()

        assert kept["token"] == first["token"] != fresh["token"]
        assert (first["issued_at"], first["expires_in"]) == ("2026-11-23T01:02:03Z", 300)
        assert (kept["issued_at"], kept["expires_in"]) == ("2026-11-23T01:02:33Z", 270)
        assert (fresh["issued_at"], fresh["expires_in"]) == ("2026-11-23T01:02:33Z", 300)

    def test_no_access_outlives_a_withdrawal_by_more_than_one_lifetime(self, clock, ask, free):
        ask(None, pull_of(free))
        free.products.update(state="withdrawn")
        withdrawn = timezone.now().timestamp()
        clock.shift(29)

        assert claims_of(ask(None, pull_of(free)).json()["token"])["exp"] <= withdrawn + 300
        clock.shift(1)
        assert access_of(ask(None, pull_of(free))) == {}

    def test_what_is_given_away_is_granted_at_once_whoever_asked_before(self, ask, image):
        assert access_of(ask(None, pull_of(image))) == {}

        FreeProductFactory(namespace=image.namespace, images=[image])

        assert access_of(ask(None, pull_of(image))) == {image.repository: ["pull"]}

    def test_a_kept_answer_costs_no_query_and_is_given_without_a_database(self, ask, free, django_assert_num_queries):
        first = ask(None, pull_of(free)).json()["token"]

        with django_assert_num_queries(0):
            assert ask(None, pull_of(free), account="hint").json()["token"] == first

    def test_who_shows_credentials_gets_an_answer_of_their_own(self, ask, free, buyer):
        anonymous = ask(None, pull_of(free)).json()["token"]

        assert claims_of(ask(buyer, pull_of(free)).json()["token"])["sub"] == buyer.user.username
        assert claims_of(anonymous)["sub"] == ""

    def test_a_fresh_key_signs_from_the_next_request_on(self, ask, free, key_store):
        ask(None, pull_of(free))
        key_store.add(now=timezone.now())
        key_store.promote(now=timezone.now())

        token = ask(None, pull_of(free)).json()["token"]

        assert jwt.get_unverified_header(token)["kid"] == key_store.index.active.kid

    def test_a_token_of_the_shortest_life_is_not_kept(self, ask, settings):
        settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=60)

        assert ask().json()["token"] != ask().json()["token"]


class TestWrongCredentials:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"username": "nobody-here"}, id="unknown user"),
            pytest.param({"username": "somebody-else"}, id="another user's name"),
            pytest.param({"username": ""}, id="access token without a user name"),
            pytest.param({"username": "<token>"}, id="access token as identity token"),
            pytest.param({"secret": "lsp_" + "0" * 49}, id="wrong token"),
            pytest.param({"secret": PASSWORD}, id="web password"),
            pytest.param({"secret": ""}, id="no password"),
            pytest.param({"secret": "\x00"}, id="NUL"),
            pytest.param({"secret": "lsr_" + "0" * 32 + "_0_" + "0" * 64}, id="forged identity token"),
        ],
    )
    def test_whatever_is_wrong_the_answer_is_the_same(self, ask, seller, image, change):
        UserFactory(username="somebody-else")

        response = ask(seller, pull_of(image), **change)

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Basic realm="http://layerstore.test:8080/auth/token", charset="UTF-8"'
        assert response["Cache-Control"] == "no-store"
        assert response.json() == {"errors": [{"code": "UNAUTHORIZED", "message": WRONG, "detail": None}]}

    @pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer x", "Basic /////w==", "Basic YWRh", "Basicbm8gc3BhY2U6eA=="])
    def test_a_malformed_header_is_401_too(self, client, header):
        response = client.get(URL, headers={"authorization": header})

        assert (response.status_code, response.json()["errors"][0]["message"]) == (401, WRONG)

    def test_an_empty_pair_is_anonymous(self, client):
        assert client.get(URL, headers={"authorization": "Basic Og=="}).status_code == 200

    @pytest.mark.parametrize(
        "end",
        [
            pytest.param(lambda token: revoke_access_token(token=token, actor=token.user), id="revoked"),
            pytest.param(lambda _: AccessToken.objects.update(expires_at=timezone.now()), id="expired"),
            pytest.param(lambda token: type(token.user).objects.update(is_active=False), id="disabled user"),
        ],
    )
    def test_a_credential_that_ended_is_wrong_from_the_next_request_on(self, ask, seller, end):
        assert ask(seller).status_code == 200

        end(seller)

        assert ask(seller).status_code == 401

    @pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
    def test_user_name_and_address_are_right_in_any_case(self, ask, seller, spell):
        assert ask(seller, username=spell(seller.user.username)).status_code == 200
        assert ask(seller, username=spell(seller.user.email)).status_code == 200

    def test_a_wrong_token_asks_the_database_as_often_as_a_right_one(self, ask, seller, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert ask(seller, pull_of(image)).status_code == 200
        for username in (seller.user.username, "nobody"):
            with django_assert_num_queries(1):
                assert ask(seller, pull_of(image), username=username, secret=new_secret()).status_code == 401

    def test_secrets_are_in_no_log(self, ask, seller, caplog):
        ask(seller)
        ask(seller, username="nobody")

        assert seller.secret not in caplog.text

    def test_the_program_behind_a_form_is_logged_with_the_outcome_and_no_secret(self, post, seller, caplog):
        caplog.set_level("INFO", logger="registry_auth.endpoint")
        password = {"grant_type": "password", "username": seller.user.username, "password": seller.secret}

        post(**password)
        post(**password | {"username": "nobody"}, client_id="x" * 100)
        post(grant_type="password")

        told = [(record.outcome, record.client_id) for record in caplog.records if record.name == "registry_auth.endpoint"]
        assert told == [("authenticated", "containerd-client"), ("wrong_credentials", "x" * 64), ("invalid_token_request", "")]
        assert seller.secret not in "".join(str(vars(record)) for record in caplog.records)


class TestIdentityTokens:
    def test_one_is_given_to_who_asks_with_credentials(self, ask, seller):
        expected = identity_token_for(seller)

        assert ask(seller, offline_token="true").json()["refresh_token"] == expected
        assert ask(seller, access_type="offline").json()["refresh_token"] == expected

    def test_none_is_given_unasked_or_to_the_anonymous(self, ask, seller):
        assert "refresh_token" not in ask(seller).json()
        assert "refresh_token" not in ask(seller, offline_token="false").json()
        assert "refresh_token" not in ask(None, offline_token="true").json()

    def test_it_works_for_ever_and_the_same_comes_back(self, post, image, seller):
        identity = identity_token_for(seller)
        for _ in range(3):
            response = post(grant_type="refresh_token", refresh_token=identity, scope=push_of(image), access_type="offline")
            assert response.json()["refresh_token"] == identity
            assert access_of(response) == {image.repository: ["pull", "push"]}

    @pytest.mark.parametrize("username", ["", "<token>", None])
    def test_it_is_taken_as_a_basic_password(self, ask, image, seller, username):
        response = ask(seller, pull_of(image), username=username, secret=identity_token_for(seller))

        assert access_of(response) == {image.repository: ["pull"]}

    def test_it_is_not_taken_under_another_name(self, ask, seller):
        other = UserFactory()

        assert ask(seller, username=other.username, secret=identity_token_for(seller)).status_code == 401

    def test_it_dies_with_its_access_token(self, post, seller):
        identity = identity_token_for(seller)
        revoke_access_token(token=seller, actor=seller.user)

        assert post(grant_type="refresh_token", refresh_token=identity).status_code == 401

    def test_logging_out_everywhere_ends_it_and_leaves_the_access_token(self, post, ask, seller):
        identity = identity_token_for(seller)
        log_out_everywhere(user=seller.user)

        assert post(grant_type="refresh_token", refresh_token=identity).status_code == 401
        assert ask(seller).status_code == 200

    def test_an_access_token_is_no_refresh_token(self, post, seller):
        assert post(grant_type="refresh_token", refresh_token=seller.secret).status_code == 401


class TestForms:
    def test_a_password_grant_is_answered(self, post, image, buyer):
        response = post(
            grant_type="password", username=buyer.user.username, password=buyer.secret, scope=pull_of(image), service="layerstore"
        )

        assert access_of(response) == {image.repository: ["pull"]}
        assert "refresh_token" not in response.json()

    def test_an_identity_token_is_given_when_asked_for(self, post, buyer):
        fields = {"grant_type": "password", "username": buyer.user.username, "password": buyer.secret}

        assert post(**fields, access_type="offline").json()["refresh_token"] == identity_token_for(buyer)

    def test_wrong_credentials_are_told_in_both_languages(self, post):
        response = post(grant_type="password", username="ada", password="wrong")

        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic ")
        assert response.json() == {
            "error": "invalid_grant",
            "error_description": WRONG,
            "errors": [{"code": "UNAUTHORIZED", "message": WRONG, "detail": None}],
        }

    @pytest.mark.parametrize(
        ("fields", "error", "description"),
        [
            pytest.param(
                {"grant_type": "client_credentials"},
                "unsupported_grant_type",
                "grant_type must be password or refresh_token.",
                id="another grant",
            ),
            pytest.param({}, "invalid_request", "grant_type is missing.", id="no grant"),
            pytest.param(
                {"grant_type": "password"}, "invalid_request", "username and password are needed for grant_type password.", id="no password"
            ),
            pytest.param({"grant_type": "refresh_token"}, "invalid_request", "refresh_token is missing.", id="no refresh token"),
            pytest.param(
                {"grant_type": "password", "username": "a", "password": "b", "client_id": ""},
                "invalid_request",
                "client_id is missing.",
                id="no client",
            ),
            pytest.param(
                {"grant_type": "refresh_token", "refresh_token": "x", "service": "other"},
                "invalid_request",
                "This token server serves layerstore only.",
                id="another service",
            ),
        ],
    )
    def test_what_is_missing_is_named(self, post, fields, error, description):
        response = post(**fields)

        assert response.status_code == 400
        assert (response.json()["error"], response.json()["error_description"]) == (error, description)

    def test_a_form_is_never_answered_as_anonymous(self, client, seller):
        header = {"authorization": basic(seller.user.username, seller.secret)}

        assert client.post(URL, {}, headers=header).status_code == 400
        assert client.post(f"{URL}?grant_type=password", {}, headers=header).status_code == 400
        assert client.post(URL, {"grant_type": "password"}, content_type="application/json").status_code == 400

    def test_a_large_form_is_413(self, client):
        response = client.post(URL, {"scope": "x" * LARGEST_FORM})

        assert (response.status_code, response.json()["error"]) == (413, "invalid_request")

    @pytest.mark.parametrize("arrived", [pytest.param(b"a=b", id="short"), pytest.param(OSError(), id="broken")])
    def test_a_form_that_breaks_off_is_400(self, key_store, arrived):
        stream = mock.Mock()
        stream.read.side_effect = [arrived]

        answer = answer_token({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "wsgi.input": stream})

        assert (answer.status, json.loads(answer.body)["error_description"]) == (400, "The form did not arrive whole.")


class TestPartsThatAreAway:
    @pytest.fixture
    def no_database(self, monkeypatch):
        def fail(*_, **__):
            raise OperationalError

        monkeypatch.setattr(service, "access_facts", fail)
        monkeypatch.setattr(service, "find_shown", fail)
        monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction hangs on it

    @pytest.mark.parametrize("who", ["seller", None])
    def test_without_a_database_nobody_gets_an_answer(self, ask, image, seller, no_database, who):
        response = ask(seller if who else None, pull_of(image))

        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert response.json()["errors"][0]["code"] == "UNAVAILABLE"
        assert "token" not in response.json()

    def test_also_without_scope_and_with_wrong_credentials(self, ask, seller, no_database):
        assert ask().status_code == 503
        assert ask(seller, secret="wrong").status_code == 503

    def test_a_form_is_told_so_in_its_own_language(self, post, seller, no_database):
        response = post(grant_type="password", username=seller.user.username, password=seller.secret)

        assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_that_died_while_idle_is_made_again(self, ask, image, seller):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.close()

        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}

    def test_without_redis_tokens_go_on(self, ask, image, seller, no_redis):
        assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}
        assert ask(seller, username="nobody").status_code == 401

    def test_without_keys_nobody_gets_an_answer(self, ask, settings, tmp_path):
        settings.LAYERSTORE_KEYS_DIR = tmp_path / "nothing"

        assert (ask().status_code, ask()["Retry-After"]) == (503, "5")

    @pytest.mark.parametrize("path", ["/auth/jwks.json", "/auth/bundle.pem"])
    def test_without_keys_none_are_published(self, client, settings, tmp_path, path):
        settings.LAYERSTORE_KEYS_DIR = tmp_path / "nothing"

        response = client.get(path)

        assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "5", "no-store")
        assert response.json()["errors"][0]["code"] == "UNAVAILABLE"
