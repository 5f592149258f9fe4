"""Our own worker at the token endpoint: known by a secret that is nowhere stored, without a query, and for a minute."""

from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from accounts.tokens.secrets import service_secret
from accounts.tokens.selectors import NOTED_USES
from common.ops.redis import redis_client, redis_key
from registry_auth.client.errors import RegistryAway, RegistryRefused
from registry_auth.client.identity import SERVICE_SUBJECT, SERVICE_USER, service_credentials
from registry_auth.client.tokens import ServiceTokens
from registry_auth.token import issue as service
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory
from tests.registry_auth.conftest import access_of, basic, claims_of

URL = "/auth/token"
ALL = ("registry:catalog:*", "repository:no/such:pull,delete,push", "repository:acme/db:*")


@pytest.fixture
def ask(token_client):
    def get(*scopes: str, username: str = SERVICE_USER, secret: str | None = None):
        shown = service_secret(now=timezone.now()) if secret is None else secret
        return token_client.get(URL, {"scope": scopes, "offline_token": "true"}, headers={"authorization": basic(username, shown)})

    return get


def test_the_catalogue_and_pull_and_delete_on_any_name_and_never_push(ask):
    assert access_of(ask(*ALL)) == {"catalog": ["*"], "no/such": ["delete", "pull"], "acme/db": ["delete", "pull"]}


def test_the_catalogue_alone_of_the_registry(ask):
    assert access_of(ask("registry:storage:*")) == {}


def test_its_token_says_who_it_is_and_lives_a_minute(ask):
    answer = ask(*ALL).json()
    claims = claims_of(answer["token"])

    assert (claims["sub"], claims["exp"] - claims["iat"], answer["expires_in"]) == (SERVICE_SUBJECT, 60, 60)
    assert "refresh_token" not in answer


def test_a_form_serves_as_well(token_client):
    shown = service_credentials(now=timezone.now())
    form = {"grant_type": "password", "client_id": "worker", "username": shown.username, "password": shown.secret, "scope": ALL[0]}

    answer = token_client.post(URL, urlencode(form), content_type="application/x-www-form-urlencoded")

    assert access_of(answer) == {"catalog": ["*"]}


@pytest.mark.django_db
def test_no_query_is_made_and_no_use_is_noted(ask, django_assert_num_queries):
    redis_client().delete(redis_key(NOTED_USES))
    with django_assert_num_queries(0):
        assert ask(*ALL).status_code == 200
    assert redis_client().hlen(redis_key(NOTED_USES)) == 0


def test_with_the_database_away_the_worker_still_gets_its_token(ask, monkeypatch):
    def fail(*_, **__):
        raise OperationalError

    monkeypatch.setattr(service, "find_credential_facts", fail)

    assert ask(*ALL).status_code == 200


@pytest.mark.django_db
class TestNobodyElse:
    @pytest.mark.parametrize("seconds", [-70, 70])
    def test_a_minute_later_it_is_wrong(self, ask, seconds):
        assert ask(*ALL, secret=service_secret(now=timezone.now() + timedelta(seconds=seconds))).status_code == 401

    @pytest.mark.parametrize("username", ["", "<token>", "service", SERVICE_SUBJECT.partition(":")[0]])
    def test_under_another_name_it_is_wrong(self, ask, username):
        assert ask(*ALL, username=username).status_code == 401

    def test_a_persons_secret_under_its_name_is_wrong(self, ask):
        assert ask(*ALL, secret=AccessTokenFactory(user=ImageFactory().owner.user).secret).status_code == 401

    def test_a_secret_under_a_foreign_key_is_wrong(self, ask, settings):
        ours = settings.LAYERSTORE_TOKEN_KEYS
        settings.LAYERSTORE_TOKEN_KEYS = ["somebody else's"]
        foreign = service_secret(now=timezone.now())
        settings.LAYERSTORE_TOKEN_KEYS = ours

        assert ask(*ALL, secret=foreign).status_code == 401


class TestAsking:
    def test_one_token_serves_for_half_its_life(self, token_transport):
        tokens = ServiceTokens(token_transport)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            first = tokens.token_for("repository:acme/db:pull")
            clock.shift(29)
            assert tokens.token_for("repository:acme/db:pull") == first
            clock.shift(1)
            second = tokens.token_for("repository:acme/db:pull")
            other = tokens.token_for("repository:acme/web:pull")

        assert len({first, second, other}) == 3

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            pytest.param(httpx.Response(503), "answered 503", id="away"),
            pytest.param(httpx.Response(401), "LAYERSTORE_TOKEN_KEYS or the clocks", id="keys differ"),
            pytest.param(httpx.ConnectTimeout("too slow"), "did not answer: ConnectTimeout", id="too slow"),
        ],
    )
    def test_without_a_token_the_registry_is_away(self, answer, message):
        def handle(_request):
            if isinstance(answer, httpx.Response):
                return answer
            raise answer

        tokens = ServiceTokens(httpx.MockTransport(handle))
        with pytest.raises(RegistryAway, match=message):
            tokens.token_for("repository:acme/db:pull")
        tokens.close()

    def test_a_scope_that_is_none_says_nothing_of_others(self):
        with pytest.raises(RegistryRefused, match="does not accept the scope repository:::pull"):
            ServiceTokens(httpx.MockTransport(lambda _: httpx.Response(400))).token_for("repository:::pull")

    def test_neither_secret_nor_token_is_logged(self, token_transport, caplog):
        caplog.set_level(0)
        token = ServiceTokens(token_transport).token_for("repository:acme/db:pull")

        message = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
        assert message
        assert token not in message
        assert "lss_" not in message
