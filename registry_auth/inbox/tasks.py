"""The worker's tasks for the registry's notifications. Each may be lost, repeated or run twice at once."""

import logging
from collections.abc import Iterable

from django.core.cache import cache
from redis.exceptions import RedisError

from common.jobs import periodic
from common.ops.queue import queue_after_commit
from common.ops.redis import raw_redis_client
from registry_auth.inbox import pullers
from registry_auth.inbox.drain import drain_envelopes, has_due_envelopes
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.store import prune_events
from registry_auth.upkeep.tasks import describe_manifests

logger = logging.getLogger(__name__)
_DRAIN_QUEUED = "registry-events-drain-queued"


def _let_the_next_drain_be_queued() -> None:
    cache.delete(_DRAIN_QUEUED)


@periodic(every=5, lane="default", limit=60, first=_let_the_next_drain_be_queued, again=has_due_envelopes)
def drain_registry_events() -> int:
    """Apply the due notifications, then queue the reading of the manifests that they named. Returns how many envelopes were taken."""
    drained = drain_envelopes()
    if drained:
        queue_after_commit(describe_manifests)
    return drained


@periodic(every=60, lane="batch", limit=120)
def count_pullers() -> None:
    """Add those who pulled to the sketches of their day, week and month."""
    try:
        pullers.count_pullers(redis=raw_redis_client())
    except RedisError as error:
        logger.warning("pullers not counted until Redis is back: %s", type(error).__name__)


@periodic(every=86_400, lane="batch", limit=600)
def prune_registry_events() -> None:
    """Remove what the inbox and the counting of pullers no longer need."""
    prune_events()
    pullers.forget_old_days()


def wake_drain(events: Iterable[RegistryEvent]) -> None:
    """Queue a drain now if an event changes pages; one at a time, for a drain takes all due envelopes. Pulls wait for the periodic one."""
    if any(event.action is not EventAction.PULL for event in events) and cache.add(_DRAIN_QUEUED, 1, timeout=30):
        queue_after_commit(drain_registry_events)
