"""How often is too often: counted where nothing is lost, or where it costs least."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

import common.web.rate_limits
from common.db.models import RateLimitCount
from common.ids import new_id
from common.ops.redis import redis_client, redis_key
from common.web.rate_limits import Act, CountedIn, Doer, RateLimit, RateLimitReached, Whose, charge, forget_ended, give_back, spoken
from marketplace.gifts.models import Gift
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.threads import run_in_threads

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def table(monkeypatch) -> dict[str, Act]:
    """A small table instead of the shop's."""
    known = {
        "write": Act("Requests", ()),
        "store": Act(
            "New things", (RateLimit(2, HOUR, Whose.ACCOUNT, CountedIn.POSTGRESQL), RateLimit(2, HOUR, Whose.ADDRESS, CountedIn.POSTGRESQL))
        ),
        "mail": Act(
            "Mails", (RateLimit(3, HOUR, Whose.ADDRESS, CountedIn.POSTGRESQL), RateLimit(1, HOUR, Whose.MAILBOX, CountedIn.POSTGRESQL))
        ),
        "work": Act("Questions", (RateLimit(2, HOUR, Whose.ADDRESS, CountedIn.REDIS),)),
    }
    monkeypatch.setattr(common.web.rate_limits, "acts", lambda: known)
    return known


def counts() -> list[int]:
    return sorted(RateLimitCount.objects.values_list("count", flat=True))


@pytest.mark.django_db
def test_the_one_too_many_is_refused_and_told_when_to_come_again(table):
    doer = Doer(account=new_id())
    with time_machine.travel(NOW, tick=False) as clock:
        charge("store", doer)
        charge("store", doer)
        clock.shift(60)

        with pytest.raises(RateLimitReached) as refused:
            charge("store", doer)

    assert refused.value.retry_after == 3540
    assert refused.value.message == "New things: at most 2 in an hour. Nothing was changed. Try again in 59 minutes."
    assert counts() == [2]


@pytest.mark.django_db
def test_a_time_that_is_over_begins_anew(table):
    doer = Doer(account=new_id())
    with time_machine.travel(NOW, tick=False) as clock:
        charge("store", doer)
        charge("store", doer)
        clock.shift(HOUR)
        charge("store", doer)

    assert counts() == [1]


@pytest.mark.django_db
def test_whoever_is_signed_in_is_counted_by_account_and_a_stranger_by_network(table):
    for _ in range(2):
        charge("store", Doer(account=new_id(), address="192.0.2.1"))
        charge("store", Doer(address="2001:db8::1"))

    charge("store", Doer(account=new_id(), address="192.0.2.1"))
    charge("store", Doer(address="2001:db8:0:1::1"))
    with pytest.raises(RateLimitReached):
        charge("store", Doer(address="2001:db8::2"))


@pytest.mark.django_db
def test_a_mailbox_is_counted_whoever_writes_to_it_and_what_was_refused_for_it_counts_nowhere(table):
    charge("mail", Doer(address="192.0.2.1", mailbox="Ada@example.test "))

    with pytest.raises(RateLimitReached):
        charge("mail", Doer(address="192.0.2.2", mailbox="ada@example.test"))

    assert counts() == [0, 1, 1]


@pytest.mark.django_db
def test_what_is_given_back_may_be_done_again(table):
    doer = Doer(account=new_id())
    charges = charge("store", doer) + charge("store", doer)

    give_back(charges)

    charge("store", doer)
    assert counts() == [1]


@pytest.mark.django_db
def test_what_is_stored_is_counted_where_an_emptied_redis_forgets_nothing(table):
    doer = Doer(account=new_id())
    charge("store", doer)
    charge("store", doer)
    for key in redis_client().scan_iter(redis_key("*")):
        redis_client().delete(key)

    with pytest.raises(RateLimitReached):
        charge("store", doer)


@pytest.mark.django_db
def test_what_only_costs_work_goes_on_while_redis_is_away(table, monkeypatch):
    doer = Doer(address="192.0.2.1")
    charge("work", doer)
    charge("work", doer)
    with pytest.raises(RateLimitReached) as refused:
        charge("work", doer)
    assert 0 < refused.value.retry_after <= 3600

    def away():
        raise RedisError

    monkeypatch.setattr(common.web.rate_limits, "_limiter", away)
    assert charge("work", doer) == []


@pytest.mark.django_db
def test_counts_whose_time_is_over_are_forgotten(table):
    with time_machine.travel(NOW, tick=False) as clock:
        charge("store", Doer(account=new_id()))
        clock.shift(1800)
        charge("store", Doer(account=new_id()))
        clock.shift(1800)

        assert forget_ended() == 1

    assert counts() == [1]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_as_may_are_let_through(table):
    doer = Doer(account=new_id())

    outcomes = run_in_threads(6, lambda: charge("store", doer))

    assert len([one for one in outcomes if isinstance(one, RateLimitReached)]) == 4
    assert counts() == [2]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a second"), (59, "59 seconds"), (60, "a minute"), (61, "2 minutes"), (3600, "an hour"), (86_400, "a day"), (172_800, "2 days")],
)
def test_spans_are_said_as_people_say_them(seconds, words):
    assert spoken(timedelta(seconds=seconds)) == words


@pytest.fixture
def one_a_day(monkeypatch) -> None:
    """The shop's table, in which everything is done once a day."""
    once = tuple(RateLimit(1, timedelta(days=1), whose, CountedIn.POSTGRESQL) for whose in Whose)
    known = {name: Act(act.words, () if name == "write" else once) for name, act in common.web.rate_limits.acts().items()}
    monkeypatch.setattr(common.web.rate_limits, "acts", lambda: known)


@pytest.mark.django_db
def test_a_page_says_when_to_come_again_and_does_nothing(one_a_day):
    client, form = Client(), {"name": "build server", "scopes": ["registry:pull"], "lifetime": "90"}
    with time_machine.travel(timezone.now(), tick=False):  # on a slow machine a day is 24 hours by the second request
        user = UserFactory()
        client.force_login(user)
        assert client.post(reverse("marketplace:tokens"), form).status_code == 200

        answer = client.post(reverse("marketplace:tokens"), form)

    assert (answer.status_code, answer["Retry-After"]) == (429, "86400")
    assert "New access tokens: at most 1 in a day. Nothing was changed. Try again in a day." in answer.content.decode()
    assert user.access_tokens.count() == 1


@pytest.mark.django_db
def test_a_form_that_the_page_refuses_is_not_counted(one_a_day):
    client, user = Client(), UserFactory()
    client.force_login(user)
    assert client.post(reverse("marketplace:tokens"), {"name": ""}).status_code == 400

    assert client.post(reverse("marketplace:tokens"), {"name": "ci", "scopes": ["registry:pull"], "lifetime": "90"}).status_code == 200


@pytest.mark.django_db
def test_a_program_is_told_in_a_problem_document(one_a_day):
    token = AccessTokenFactory(user=NamespaceFactory().owner.user)
    given: Any = {"data": {"name": "ci"}, "content_type": "application/json", "headers": {"authorization": f"Bearer {token.secret}"}}
    refused = Client().post("/api/v1/access-tokens/", **given | {"data": {"name": ""}})
    made = Client().post("/api/v1/access-tokens/", **given | {"data": {"name": "ci", "expires_at": None}})

    answer = Client().post("/api/v1/access-tokens/", **given)

    assert (refused.status_code, made.status_code, answer.status_code) == (400, 201, 429)
    assert answer["Content-Type"] == "application/problem+json"
    assert 86_000 < int(answer["Retry-After"]) <= 86_400
    assert answer.json()["code"] == "rate_limit_reached"
    assert token.user.access_tokens.count() == 2


@pytest.mark.django_db
def test_pages_and_api_share_a_rate_limit(one_a_day):
    token = AccessTokenFactory()
    client = Client()
    client.force_login(token.user)
    client.post(reverse("marketplace:tokens"), {"name": "ci", "scopes": ["registry:pull"], "lifetime": "90"})

    answer = Client().post(
        "/api/v1/access-tokens/", {"name": "ci"}, content_type="application/json", headers={"authorization": f"Bearer {token.secret}"}
    )

    assert answer.status_code == 429


@pytest.mark.django_db
def test_one_mailbox_is_not_written_to_without_end_whoever_asks(one_a_day):
    owner = UserFactory()
    ask = {"email": owner.email}
    assert Client(REMOTE_ADDR="192.0.2.1").post(reverse("account_reset_password"), ask).status_code == 302

    answer = Client(REMOTE_ADDR="192.0.2.2").post(reverse("account_reset_password"), ask)

    assert answer.status_code == 429


@pytest.mark.django_db
def test_one_mailbox_is_not_written_to_without_end_by_programs_either(one_a_day):
    def give(body: object) -> int:
        token = AccessTokenFactory(user=product.seller.account.user)
        client = Client(REMOTE_ADDR=next(addresses), headers={"authorization": f"Bearer {token.secret}"})
        return client.post("/api/v1/gifts/", body, content_type="application/json").status_code

    addresses = (f"192.0.2.{number}" for number in range(9))
    answers = []
    for _ in range(2):
        product = ProductFactory()
        answers.append(give({"product": product.pk, "email": "Kim@example.test", "reason": "They test it."}))

    assert answers == [201, 429]
    assert (give(["no object"]), Gift.objects.count()) == (400, 1)
