"""`/auth/token`: what an answer says, for how long, and which are cached."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.utils import timezone

from tests.factories.marketplace import FreeProductFactory
from tests.registry_auth.conftest import access_of, claims_of
from tests.registry_auth.token.conftest import pull_of, push_of

pytestmark = pytest.mark.django_db


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
        claims = claims_of(body["token"])
        assert len(claims.pop("jti")) == 22
        assert claims == {
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
        claims = claims_of(body["token"])

        assert body["expires_in"] == claims["exp"] - claims["iat"] == 1800

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
        requested = f"{push_of(image)} repository:else/where:pull"

        body = post(grant_type="password", username=seller.user.username, password=seller.secret, scope=requested).json()

        assert body["scope"] == f"repository:{image.repository}:pull,push"
        assert body["token_type"] == "Bearer"


class TestCachedAnswers:
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
        cached = ask(None, pull_of(free)).json()
        clock.shift(0.8)
        fresh = ask(None, pull_of(free)).json()

        assert cached["token"] == first["token"] != fresh["token"]
        assert (first["issued_at"], first["expires_in"]) == ("2026-11-23T01:02:03Z", 300)
        assert (cached["issued_at"], cached["expires_in"]) == ("2026-11-23T01:02:33Z", 270)
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

    def test_a_cached_answer_costs_no_query_and_is_given_without_a_database(self, ask, free, django_assert_num_queries):
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

    def test_a_token_of_the_shortest_life_is_not_cached(self, ask, settings):
        settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(seconds=60)

        assert ask().json()["token"] != ask().json()["token"]
