"""Rate limits: how often one account, one network address or one mailbox may do an act that writes, mails, stores or costs work.

The setting LAYERSTORE_RATE_LIMITS names the table of acts and their limits. What is stored or mailed is counted in
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
from django.utils.translation import gettext, ngettext_lazy
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from common.db.deletion import delete_in_batches
from common.db.models import RateLimitCount
from common.errors import RetryLater
from common.ops.redis import redis_client, redis_key, unless_away
from common.web.client import network_of

UNLIMITED: Final = ""  # in place of an act, for an address without a limit


class Whose(StrEnum):
    """Whom a limit counts."""

    ACCOUNT = "account"  # of somebody signed in
    ADDRESS = "address"  # the network address of a stranger; IPv6 by /64, which is what one customer has
    MAILBOX = "mailbox"  # the e-mail address that an act would write to


class CountedIn(StrEnum):
    """Where a limit is counted."""

    POSTGRESQL = "PostgreSQL"  # only what was done; a refused act is given back
    REDIS = "Redis"  # every attempt


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most this many within a window that begins with the first of them."""

    most: int
    within: timedelta
    whose: Whose
    counted_in: CountedIn


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do; `words` name it in the plural, begin a sentence, and are marked to be translated where that is written."""

    words: str
    limits: tuple[RateLimit, ...]


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
        """Return whom a limit counts; None where it does not apply. Whoever is signed in is counted by account, not by address."""
        match whose:
            case Whose.ACCOUNT:
                return None if self.account is None else str(self.account)
            case Whose.ADDRESS:
                return None if self.account is not None or self.address is None else network_of(self.address)
            case Whose.MAILBOX:
                return self.mailbox.strip().lower() or None


class RateLimitReached(RetryLater):
    """The limit of an act is reached. 429 with Retry-After; nothing was changed."""

    code = "rate_limit_reached"
    status = 429

    def __init__(self, *, act: Act, limit: RateLimit, seconds: int) -> None:
        self.retry_after = max(1, seconds)
        sentence = gettext("{acts}: at most {most} in {span}. Nothing was changed. Try again in {wait}.")
        wait = spoken(timedelta(seconds=self.retry_after))
        super().__init__(sentence.format(acts=gettext(act.words), most=limit.most, span=spoken(limit.within), wait=wait))


_SPAN: Final = (
    (86400, ngettext_lazy("a day", "{count} days", "count")),
    (3600, ngettext_lazy("an hour", "{count} hours", "count")),
    (60, ngettext_lazy("a minute", "{count} minutes", "count")),
    (1, ngettext_lazy("a second", "{count} seconds", "count")),
)


def spoken(span: timedelta) -> str:
    """Return a span in words, rounded up to its largest unit: `an hour`, `12 minutes`."""
    seconds = max(1, round(span.total_seconds()))
    size, words = next((size, words) for size, words in _SPAN if seconds >= size)
    return words.format(count=-(-seconds // size))


def charge(act: str, doer: Doer) -> list[Charge]:
    """Count an act before it is done, outside its transaction; return what to give back if it is not done after all.

    Raises:
        RateLimitReached: one of its limits is reached; nothing of it is counted in PostgreSQL then.
    """
    known = acts()[act]
    charges: list[Charge] = []
    try:
        for limit in known.limits:
            if (whom := doer.named(limit.whose)) is not None:
                charges += _count(act, known, limit, whom)
    except RateLimitReached:
        give_back(charges)
        raise
    return charges


def give_back(charges: list[Charge]) -> None:
    """Take back what was counted for an act that was refused."""
    if charges:
        # In one order everywhere, so that two requests that give back never wait for each other in a circle.
        for key in sorted(one.key for one in charges):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE common_ratelimitcount SET count = greatest(count - 1, 0) WHERE key = %s", [key])


def forget_ended() -> int:
    """Delete the counts whose time is over, however many addresses have left some; return how many."""
    return delete_in_batches(RateLimitCount.objects.filter(ends_at__lte=timezone.now()).order_by("ends_at"))


def counts_mailboxes(act: str) -> bool:
    """Whether a limit of the act counts to whom it writes."""
    return any(limit.whose is Whose.MAILBOX for limit in acts()[act].limits)


@cache
def acts() -> Mapping[str, Act]:
    """Return the shop's table."""
    table: Mapping[str, Act] = import_string(settings.LAYERSTORE_RATE_LIMITS)
    return table


def _count(name: str, act: Act, limit: RateLimit, whom: str) -> list[Charge]:
    key = salted_hmac("common.web.rate_limits", f"{name}\0{limit.whose}\0{limit.within}\0{whom}", algorithm="sha256").hexdigest()
    if limit.counted_in is CountedIn.REDIS:
        _count_in_redis(key, act, limit)
        return []
    now = timezone.now()
    with connection.cursor() as cursor:
        # One statement decides, so that of two at once the second one counts the first.
        cursor.execute(
            "INSERT INTO common_ratelimitcount AS counted (key, act, count, ends_at) VALUES (%s, %s, 1, %s)"
            " ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN counted.ends_at <= %s THEN 1 ELSE counted.count + 1 END,"
            " ends_at = CASE WHEN counted.ends_at <= %s THEN excluded.ends_at ELSE counted.ends_at END"
            " WHERE counted.ends_at <= %s OR counted.count < %s RETURNING key",
            [key, name, now + limit.within, now, now, now, limit.most],
        )
        if cursor.fetchone():
            return [Charge(key)]
    ends = RateLimitCount.objects.filter(key=key).values_list("ends_at", flat=True).first()
    raise RateLimitReached(act=act, limit=limit, seconds=round((ends - now).total_seconds()) if ends else 1)


def _count_in_redis(key: str, act: Act, limit: RateLimit) -> None:
    item = RateLimitItemPerSecond(limit.most, int(limit.within.total_seconds()), namespace="limit")
    try:
        with unless_away("rate limits not counted"):
            if _limiter().hit(item, key):
                return
            ends = _limiter().get_window_stats(item, key).reset_time
    except RedisError:
        return
    raise RateLimitReached(act=act, limit=limit, seconds=round(ends - time()))


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(
        RedisStorage("redis://", connection_pool=redis_client().connection_pool, key_prefix=redis_key("rate-limits"))
    )
