"""Paces: how often one account, one network address or one mailbox may do an act that writes, mails, stores or costs work.

The acts and their numbers are a table of the shop's own, named by the setting LAYERSTORE_PACES. What is stored or mailed is counted in
PostgreSQL and holds whatever happens to Redis. What only costs work is counted in Redis, and goes uncounted while that is away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from time import time
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from common.db.models import PaceCount
from common.errors import RetryLater
from common.ops.redis import redis_client, redis_key, unless_away
from common.web.client import network_of

UNPACED: Final = ""  # in place of an act, for an address that needs no pace


class Whose(StrEnum):
    """Whom a pace counts."""

    ACCOUNT = "account"  # of somebody signed in
    ADDRESS = "address"  # the network address of a stranger; IPv6 by /64, which is what one customer has
    MAILBOX = "mailbox"  # the e-mail address that an act would write to


class Kept(StrEnum):
    """Where a pace is counted."""

    POSTGRESQL = "PostgreSQL"  # only what was done; a refused act is given back
    REDIS = "Redis"  # every attempt


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many within a time that begins with the first of them."""

    most: int
    within: timedelta
    whose: Whose
    kept: Kept


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do; `words` are its plural, as a sentence begins with it."""

    words: str
    paces: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class Charge:
    """An act that was counted in PostgreSQL and may be given back."""

    key: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does an act, as far as it is known."""

    account: UUID | None = None
    address: str | None = None
    mailbox: str = ""

    def named(self, whose: Whose) -> str | None:
        """Return whom a pace counts; None where it does not apply. Whoever is signed in is counted by account, not by address."""
        match whose:
            case Whose.ACCOUNT:
                return None if self.account is None else str(self.account)
            case Whose.ADDRESS:
                return None if self.account is not None or self.address is None else network_of(self.address)
            case Whose.MAILBOX:
                return self.mailbox.strip().lower() or None


class PaceReached(RetryLater):
    """Enough of this for now. 429 with Retry-After; nothing was changed."""

    code = "pace_reached"
    status = 429

    def __init__(self, *, act: Act, pace: Pace, seconds: int) -> None:
        self.retry_after = max(1, seconds)
        super().__init__(
            f"{act.words}: at most {pace.most} in {spoken(pace.within)}. Nothing was changed. "
            f"Try again in {spoken(timedelta(seconds=self.retry_after))}."
        )


_SPAN: Final = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def spoken(span: timedelta) -> str:
    """Return a span as people say it, rounded up to its largest unit: `an hour`, `12 minutes`."""
    seconds = max(1, round(span.total_seconds()))
    size, unit = next((size, unit) for size, unit in _SPAN if seconds >= size)
    count = -(-seconds // size)
    if count > 1:
        return f"{count} {unit}s"
    return "an hour" if unit == "hour" else f"a {unit}"


def charge(act: str, doer: Doer) -> list[Charge]:
    """Count an act about to be done, outside of any transaction of it; return what to give back if it is not done after all.

    Raises:
        PaceReached: one of its paces is; nothing of it is counted in PostgreSQL then.
    """
    known = acts()[act]
    charges: list[Charge] = []
    try:
        for pace in known.paces:
            if (whom := doer.named(pace.whose)) is not None:
                charges += _count(act, known, pace, whom)
    except PaceReached:
        give_back(charges)
        raise
    return charges


def give_back(charges: list[Charge]) -> None:
    """Take back what was counted for an act that was refused."""
    if charges:
        # In one order everywhere, so that two who give back do not wait for each other.
        for key in sorted(one.key for one in charges):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE common_pacecount SET count = greatest(count - 1, 0) WHERE key = %s", [key])


def forget_ended() -> int:
    """Delete the counts whose time is over; return how many."""
    return PaceCount.objects.filter(ends_at__lte=timezone.now()).delete()[0]


@cache
def acts() -> Mapping[str, Act]:
    """Return the shop's table."""
    table: Mapping[str, Act] = import_string(settings.LAYERSTORE_PACES)
    return table


def _count(name: str, act: Act, pace: Pace, whom: str) -> list[Charge]:
    key = salted_hmac("common.web.rate_limits", f"{name}\0{pace.whose}\0{pace.within}\0{whom}", algorithm="sha256").hexdigest()
    if pace.kept is Kept.REDIS:
        _count_in_redis(key, act, pace)
        return []
    now = timezone.now()
    with connection.cursor() as cursor:
        # One statement decides, so that of two at once the second one counts the first.
        cursor.execute(
            "INSERT INTO common_pacecount AS kept (key, act, count, ends_at) VALUES (%s, %s, 1, %s)"
            " ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN kept.ends_at <= %s THEN 1 ELSE kept.count + 1 END,"
            " ends_at = CASE WHEN kept.ends_at <= %s THEN excluded.ends_at ELSE kept.ends_at END"
            " WHERE kept.ends_at <= %s OR kept.count < %s RETURNING key",
            [key, name, now + pace.within, now, now, now, pace.most],
        )
        if cursor.fetchone():
            return [Charge(key)]
    ends = PaceCount.objects.filter(key=key).values_list("ends_at", flat=True).first()
    raise PaceReached(act=act, pace=pace, seconds=round((ends - now).total_seconds()) if ends else 1)


def _count_in_redis(key: str, act: Act, pace: Pace) -> None:
    item = RateLimitItemPerSecond(pace.most, int(pace.within.total_seconds()), namespace="pace")
    try:
        with unless_away("paces not counted"):
            if _limiter().hit(item, key):
                return
            ends = _limiter().get_window_stats(item, key).reset_time
    except RedisError:
        return
    raise PaceReached(act=act, pace=pace, seconds=round(ends - time()))


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(RedisStorage("redis://", connection_pool=redis_client().connection_pool, key_prefix=redis_key("paces")))
