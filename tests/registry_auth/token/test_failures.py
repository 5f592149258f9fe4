"""Wrong credentials are limited; right ones never."""

from datetime import UTC, datetime
from time import time

import pytest
import time_machine

from common.ops.redis import redis_client
from registry_auth.client.credentials import Credentials
from registry_auth.token import failures
from registry_auth.token.failures import DIFFERENT, REPEATS, note_failure
from tests.factories.accounts import AccessTokenFactory
from tests.registry_auth.conftest import basic


@pytest.fixture
def no_redis_calls(monkeypatch) -> None:
    """Whoever asks Redis fails."""

    def fail():
        raise AssertionError("Redis was called")

    monkeypatch.setattr(failures, "_limiter", fail)


def wrong_credentials(number: int) -> Credentials:
    return Credentials("ada", f"secret {number}")


def test_one_wrong_credential_is_many_requests_and_one_failure_of_its_address():
    for _ in range(REPEATS.amount):
        assert note_failure(credentials=wrong_credentials(0), address="192.0.2.1") is None

    assert note_failure(credentials=wrong_credentials(1), address="192.0.2.1") is None


def test_a_credential_that_is_shown_without_end_is_told_to_wait():
    for _ in range(REPEATS.amount):
        note_failure(credentials=wrong_credentials(0), address=None)

    assert 0 < (note_failure(credentials=wrong_credentials(0), address=None) or 0) <= 300
    assert note_failure(credentials=wrong_credentials(1), address=None) is None


def test_an_address_that_sprays_is_told_to_wait_whatever_it_shows():
    for number in range(DIFFERENT.amount):
        assert note_failure(credentials=wrong_credentials(number), address="192.0.2.1") is None

    assert note_failure(credentials=wrong_credentials(-1), address="192.0.2.1")
    assert note_failure(credentials=wrong_credentials(0), address="192.0.2.1")
    assert note_failure(credentials=wrong_credentials(-1), address="192.0.2.2") is None


def test_a_limit_that_is_reached_is_remembered_without_redis_until_its_window_ends(no_redis_calls):
    with time_machine.travel(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), tick=False) as clock:
        failures._REACHED.put((DIFFERENT.namespace, "192.0.2.1"), time() + 10, until=time() + 10)

        assert note_failure(credentials=wrong_credentials(0), address="192.0.2.1") == 10
        clock.shift(9.9)
        assert note_failure(credentials=wrong_credentials(1), address="192.0.2.1") == 1
        clock.shift(0.1)
        with pytest.raises(AssertionError, match="called"):
            note_failure(credentials=wrong_credentials(1), address="192.0.2.1")


def test_an_address_that_reached_its_limit_costs_redis_nothing_more(request):
    for number in range(DIFFERENT.amount + 1):
        note_failure(credentials=wrong_credentials(number), address="192.0.2.1")

    request.getfixturevalue("no_redis_calls")

    assert note_failure(credentials=wrong_credentials(-1), address="192.0.2.1")


def test_what_cannot_be_encoded_is_counted_like_any_other_wrong_credential():
    for _ in range(REPEATS.amount):
        assert note_failure(credentials=Credentials("", "\udcff"), address=None) is None

    assert note_failure(credentials=Credentials("", "\udcff"), address=None)


def test_an_ipv6_customer_is_a_64():
    for number in range(DIFFERENT.amount):
        note_failure(credentials=wrong_credentials(number), address=f"2001:db8::{number:x}")

    assert note_failure(credentials=wrong_credentials(-1), address="2001:db8::ffff")
    assert note_failure(credentials=wrong_credentials(-1), address="2001:db8:0:1::1") is None


def test_without_redis_nothing_is_counted(no_redis):
    for number in range(DIFFERENT.amount + 1):
        assert note_failure(credentials=wrong_credentials(number), address="192.0.2.1") is None


def test_the_secret_is_not_kept(settings):
    note_failure(credentials=Credentials("ada", "a web password"), address="192.0.2.1")

    keys = [key for key in redis_client().scan_iter("*") if "failures" in key]
    assert keys
    assert not any("ada" in key or "password" in key for key in keys)


@pytest.mark.django_db
def test_brute_force_is_limited_and_a_right_token_from_there_works(token_client):
    credential = AccessTokenFactory()
    address = {"x-forwarded-for": "192.0.2.9"}

    def ask(secret: str):
        return token_client.get("/auth/token", headers={**address, "authorization": basic(credential.user.username, secret)})

    statuses = [ask(f"guess {number}").status_code for number in range(DIFFERENT.amount + 1)]
    limited = ask("one more guess")

    assert statuses == [401] * DIFFERENT.amount + [429]
    assert 0 < int(limited["Retry-After"]) <= 300
    assert limited.json()["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert ask(credential.secret).status_code == 200
    malformed = token_client.get("/auth/token", headers={**address, "authorization": "Bearer x"})
    assert malformed.status_code == 429
