"""Leases in DynamoDB, one item each. It has no clock that two machines share, so a contender measures a silence on its own.

A contender notes the record's version and waits as long as the record's lease lasts. If the version has not moved by then, no holder can
still believe in its lease, and the contender takes it. This is the rule of AWS's lock client; the wall clock serves only the item's expiry.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from common.db.leases.fence import highest_number, raise_number
from common.db.leases.protocol import Clock, Grant, LeaseStoreAway, new_holder
from common.db.outages import begin_outage, end_outage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

DEPENDENCY: Final = "leases"
_Condition = Mapping[str, Any]  # arguments of PutItem
_IF_ABSENT: Final[_Condition] = {
    "ConditionExpression": "attribute_not_exists(#attribute)",
    "ExpressionAttributeNames": {"#attribute": "name"},
}
_LOOKS: Final = 6  # while a contender waits for a lease's duration
_DAYS_KEPT: Final = 30  # the item of a job that exists no more
# A question that is not answered soon is asked anew by whoever asks next: repeating it here would make an answer to our own write look like
# somebody else's.
_CONFIG = Config(connect_timeout=1, read_timeout=1.5, retries={"total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class Record:
    """A lease's item.

    Attributes:
        name: the key.
        version: new with each write of acquiring, renewing and releasing.
        number: the fencing number of the last grant.
        seconds: how long that grant lasts without being renewed.
        holder: empty if it was released.
    """

    name: str
    version: str
    number: int
    seconds: float
    holder: str

    @classmethod
    def from_item(cls, item: "Mapping[str, AttributeValueTypeDef]") -> Self:
        return cls(item["name"]["S"], item["version"]["S"], int(item["number"]["N"]), float(item["seconds"]["N"]), item["holder"]["S"])

    def as_item(self) -> "dict[str, AttributeValueTypeDef]":
        return {
            "name": {"S": self.name},
            "version": {"S": self.version},
            "number": {"N": str(self.number)},
            "seconds": {"N": str(self.seconds)},
            "holder": {"S": self.holder},
            "expires": {"N": str(int(time.time()) + _DAYS_KEPT * 86_400)},
        }


@dataclass(slots=True)
class _Contest:
    """What a contender has seen of one lease: the first version, since when, and whether there is nothing to wait for any more."""

    version: str
    since: float
    decided: bool = False


class DynamoDBLeases:
    """A table with the key `name`. All writes are conditional; what is read is read consistently.

    Args:
        client: a client of DynamoDB.
        table: the table's name.
        clock: this process's.
        sleep: waits between two looks at a record.
    """

    def __init__(
        self, client: "DynamoDBClient", *, table: str, clock: Clock = monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep

    @classmethod
    def from_settings(cls) -> Self:
        """Return the leases of the table that the settings name, with AWS's usual search for region and credentials."""
        region, endpoint = settings.LAYERSTORE_LEASES_REGION or None, settings.LAYERSTORE_LEASES_ENDPOINT or None
        client = boto3.client("dynamodb", region_name=region, endpoint_url=endpoint, config=_CONFIG)
        return cls(client, table=settings.LAYERSTORE_LEASES_TABLE)

    def acquire(self, names: Sequence[str], *, seconds: float) -> Grant | None:
        """As the protocol says. Where a holder has not shown yet that it lives, this waits until it does: a third of a lease, as a rule."""
        try:
            grant = self._first_of(names, seconds)
        except DynamoDBAway as error:
            begin_outage(DEPENDENCY, reason=str(error))
            raise
        end_outage(DEPENDENCY)
        return grant

    def renew(self, grant: Grant, *, seconds: float) -> bool:
        return self._put(_record(grant, seconds), _if_equal("holder", grant.holder))

    def release(self, grant: Grant) -> None:
        self._put(replace(_record(grant, 0), holder=""), _if_equal("holder", grant.holder))

    def _first_of(self, names: Sequence[str], seconds: float) -> Grant | None:
        contests: dict[str, _Contest] = {}
        while True:
            for name in names:
                if grant := self._contend(name, contests, seconds):
                    return grant
            if all(contest.decided for contest in contests.values()):
                return None
            self._sleep(seconds / _LOOKS)

    def _contend(self, name: str, contests: dict[str, _Contest], seconds: float) -> Grant | None:
        record, seen = self._read(name), contests.get(name)
        if record is None or (seen is None and not record.holder):
            return self._take(name, record, seconds)
        if seen is None:
            contests[name] = _Contest(record.version, self._clock())  # after the answer: the version was there by then
        elif record.version != seen.version:
            seen.decided = True  # its holder lives, or lived until it released it
        elif self._clock() - seen.since >= record.seconds:
            seen.decided = True  # for us, or for another contender that was faster
            return self._take(name, record, seconds)
        return None

    def _take(self, name: str, record: Record | None, seconds: float) -> Grant | None:
        number = max(record.number if record else 0, highest_number(name)) + 1  # the item may have expired, or the table been made anew
        grant = Grant(name, new_holder(), number, self._clock() + seconds)
        if not self._put(_record(grant, seconds), _if_equal("version", record.version) if record else _IF_ABSENT):
            return None
        if raise_number(name, number):
            return grant
        self.release(grant)
        return None

    def _read(self, name: str) -> Record | None:
        with _answering():
            answer = self._client.get_item(TableName=self._table, Key={"name": {"S": name}}, ConsistentRead=True)
        return Record.from_item(answer["Item"]) if "Item" in answer else None

    def _put(self, record: Record, condition: _Condition) -> bool:
        """Write a record if the condition holds; return whether it did."""
        try:
            with _answering():
                self._client.put_item(TableName=self._table, Item=record.as_item(), **condition)
        except _ConditionFailed:
            return False
        return True


def _record(grant: Grant, seconds: float) -> Record:
    return Record(grant.name, uuid4().hex, grant.number, seconds, grant.holder)


def _if_equal(attribute: str, value: str) -> _Condition:
    return {
        "ConditionExpression": "#attribute = :value",
        "ExpressionAttributeNames": {"#attribute": attribute},
        "ExpressionAttributeValues": {":value": {"S": value}},
    }


class DynamoDBAway(LeaseStoreAway):
    """DynamoDB did not answer, or refused to."""


class _ConditionFailed(Exception):
    """The record is not what a write needs it to be."""


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise _ConditionFailed from error
        raise DynamoDBAway(f"DynamoDB: {error}") from error
    except BotoCoreError as error:
        raise DynamoDBAway(f"DynamoDB: {error}") from error
