"""Leases on DynamoDB's wire. The clock is the tests' own; nothing here waits."""

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pytest_django import Settings

from common.db.leases import holding
from common.db.leases.dynamodb import DynamoDBAway, DynamoDBLeases
from common.db.leases.fence import highest_number, raise_number
from common.db.leases.holding import lease
from common.db.leases.protocol import Grant, LeaseStoreAway
from common.db.models import JobFence, Outage
from common.ids import new_id
from tests.support.dynamodb import ModelOfDynamoDB, table_on
from tools.bench.mock_aws import SETTINGS, MockAWS

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 6.0


class Time:
    """A clock that stands still, but for a contender who sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture(scope="module")
def client(aws: MockAWS) -> Any:
    return table_on(aws, "leases")


@pytest.fixture
def leases(client: Any, clock: Time) -> DynamoDBLeases:
    for item in client.scan(TableName="leases")["Items"]:
        client.delete_item(TableName="leases", Key={"name": item["name"]})
    return DynamoDBLeases(client, table="leases", clock=clock.clock, sleep=clock.sleep)


def granted(leases: DynamoDBLeases, *names: str) -> Grant:
    grant = leases.acquire(names or ("sweep",), seconds=SECONDS)
    assert grant
    return grant


def test_a_free_lease_is_granted_at_once_with_the_next_number(leases: DynamoDBLeases, client: Any, clock: Time) -> None:
    first = granted(leases)
    leases.release(first)
    second = granted(leases)

    assert (first.number, second.number, clock.slept) == (1, 2, 0)
    assert second.until == clock.now + SECONDS
    [item] = client.scan(TableName="leases")["Items"]
    assert {name: next(iter(value.values())) for name, value in item.items() if name not in {"version", "expires"}} == {
        "name": "sweep",
        "holder": second.holder,
        "seconds": "6.0",
        "number": "2",
    }
    assert time.time() < int(item["expires"]["N"])
    assert highest_number("sweep") == 2


def test_a_contender_takes_over_after_the_leases_own_duration_without_a_sign_of_life(leases: DynamoDBLeases, clock: Time) -> None:
    dead = granted(leases)

    successor = granted(leases)

    assert successor.number == dead.number + 1
    assert SECONDS <= clock.slept < SECONDS * 1.2
    assert not leases.renew(dead, seconds=SECONDS)
    leases.release(dead)
    assert leases.renew(successor, seconds=SECONDS)


def test_a_contender_gives_up_at_the_first_sign_of_life(leases: DynamoDBLeases, clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = granted(leases)
    sleep = clock.sleep

    def and_renew(seconds: float) -> None:
        sleep(seconds)
        assert leases.renew(holder, seconds=SECONDS)

    monkeypatch.setattr(leases, "_sleep", and_renew)

    assert leases.acquire(["sweep"], seconds=SECONDS) is None
    assert clock.slept == SECONDS / 6


def test_a_holder_that_releases_it_lived_so_the_run_that_was_asked_for_was_made(
    leases: DynamoDBLeases, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = granted(leases)
    monkeypatch.setattr(leases, "_sleep", lambda _: leases.release(holder))

    assert leases.acquire(["sweep"], seconds=SECONDS) is None
    assert granted(leases).number == 2


def test_of_several_places_the_first_that_is_free_is_taken_without_waiting_for_another(leases: DynamoDBLeases, clock: Time) -> None:
    assert [granted(leases, "mail", "mail:1").name for _ in range(2)] == ["mail", "mail:1"]
    assert clock.slept == 0


def test_of_two_contenders_one_is_granted_it(leases: DynamoDBLeases, client: Any, clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    granted(leases)
    other, take = DynamoDBLeases(client, table="leases", clock=clock.clock), leases._take
    winners: list[Grant | None] = []

    def after_another(name: str, record: Any, seconds: float) -> Grant | None:
        winners.append(other._take(name, record, seconds))
        return take(name, record, seconds)

    monkeypatch.setattr(leases, "_take", after_another)

    assert leases.acquire(["sweep"], seconds=SECONDS) is None
    assert [winner.number for winner in winners if winner] == [2]


def test_a_number_never_falls_although_the_table_is_made_anew(leases: DynamoDBLeases, client: Any) -> None:
    for _ in range(3):
        leases.release(granted(leases))
    client.delete_item(TableName="leases", Key={"name": {"S": "sweep"}})

    assert granted(leases).number == 4


def test_a_lease_whose_number_comes_too_late_is_given_back(leases: DynamoDBLeases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops between the table and the database finds its successor's number there."""
    monkeypatch.setattr("common.db.leases.dynamodb.highest_number", lambda _: 0)
    assert raise_number("sweep", 1)

    assert leases.acquire(["sweep"], seconds=SECONDS) is None
    assert granted(leases).number == 2
    assert JobFence.objects.get(name="sweep").number == 2


def test_a_table_that_is_not_there_is_a_store_that_is_away(aws: MockAWS, clock: Time) -> None:
    nowhere = DynamoDBLeases(aws.client("dynamodb"), table="nowhere", clock=clock.clock, sleep=clock.sleep)

    with pytest.raises(DynamoDBAway, match="ResourceNotFoundException"):
        nowhere.acquire(["sweep"], seconds=SECONDS)


@pytest.fixture
def stopped(aws: MockAWS) -> Iterator[None]:
    """The server takes connections and answers nothing."""
    os.kill(aws.pid, signal.SIGSTOP)
    yield
    os.kill(aws.pid, signal.SIGCONT)


def test_while_the_table_is_away_nobody_is_granted_anything_and_staff_can_see_it(
    aws: MockAWS, client: Any, clock: Time, stopped: None
) -> None:
    config = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1})
    impatient = DynamoDBLeases(
        boto3.client(
            "dynamodb", endpoint_url=aws.url, region_name="eu-central-1", aws_access_key_id="n", aws_secret_access_key="n", config=config
        ),
        table="leases",
        clock=clock.clock,
        sleep=clock.sleep,
    )

    with pytest.raises(LeaseStoreAway):
        impatient.acquire(["sweep"], seconds=SECONDS)
    assert Outage.objects.get().dependency == "leases"

    os.kill(aws.pid, signal.SIGCONT)
    granted(DynamoDBLeases(client, table="leases", clock=clock.clock, sleep=clock.sleep), "another")
    assert not Outage.objects.exists()


def test_switched_on_by_the_settings_jobs_take_their_leases_there(
    aws: MockAWS, leases: DynamoDBLeases, client: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings.LAYERSTORE_LEASES, settings.LAYERSTORE_LEASES_TABLE, settings.LAYERSTORE_LEASES_ENDPOINT = "dynamodb", "leases", aws.url
    holding.lease_store.cache_clear()
    try:
        with lease("sweep") as held:
            assert held
            assert client.get_item(TableName="leases", Key={"name": {"S": "sweep"}})["Item"]["holder"]["S"]
            JobFence.objects.create(name="row", number=1)
        assert not client.get_item(TableName="leases", Key={"name": {"S": "sweep"}})["Item"]["holder"]["S"]
    finally:
        holding.lease_store.cache_clear()


def test_the_model_of_interleavings_answers_as_the_wire_does(leases: DynamoDBLeases, client: Any) -> None:
    """`test_interleavings` believes it."""
    chance, model = random.Random(1), ModelOfDynamoDB({})
    for _ in range(300):
        name, seen = chance.choice("ab"), chance.choice("xyz")
        if chance.random() < 0.3:
            asked = {"TableName": "leases", "Key": {"name": {"S": name}}, "ConsistentRead": True}
            assert model.get_item(**asked).get("Item") == client.get_item(**asked).get("Item")
            continue
        attribute = chance.choice(["version", "holder"])
        absent = chance.random() < 0.3
        condition = {"ConditionExpression": "attribute_not_exists(#attribute)", "ExpressionAttributeNames": {"#attribute": "name"}}
        if not absent:
            condition = {
                "ConditionExpression": "#attribute = :value",
                "ExpressionAttributeNames": {"#attribute": attribute},
                "ExpressionAttributeValues": {":value": {"S": seen}},
            }
        item = {
            "name": {"S": name},
            "version": {"S": chance.choice("xyz")},
            "holder": {"S": chance.choice(["", "x", "y"])},
            "id": {"S": str(new_id())},
        }
        request = {"TableName": "leases", "Item": item, **condition}
        assert refused(model, request) == refused(client, request)


def refused(client: Any, request: dict[str, Any]) -> str:
    try:
        client.put_item(**request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""
