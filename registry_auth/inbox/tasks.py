"""What the worker does with the registry's notifications. Each task may be lost, repeated or run twice at once."""

import logging
from collections.abc import Iterable

from celery import shared_task
from django.core.cache import cache
from redis.exceptions import RedisError

from common.db.leases import lease_of_job
from common.ops.queue import queue_after_commit
from common.ops.redis import raw_redis_client
from registry_auth.inbox.drain import drain_envelopes, has_due_envelopes
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.pullers import count_pullers, forget_old_days
from registry_auth.inbox.store import prune_events
from registry_auth.upkeep.tasks import describe_manifests

logger = logging.getLogger(__name__)
_DRAIN_QUEUED = "registry-events-drain-queued"


@shared_task(name="registry_auth.drain_registry_events")
def drain_registry_events() -> None:
    """Apply waiting notifications, one worker at a time, and have read from the registry what they told of."""
    cache.delete(_DRAIN_QUEUED)  # first: what arrives from now on queues a run of its own
    with lease_of_job("registry_auth.drain_registry_events") as held:
        if not held:
            return
        drained = drain_envelopes()
    if drained:
        queue_after_commit(describe_manifests)
    if has_due_envelopes():  # more than one run may take, or here since its last look
        queue_after_commit(drain_registry_events)


@shared_task(name="registry_auth.count_pullers")
def count_distinct_pullers() -> None:
    """Take those who pulled into the sketches of their day, week and month; one worker at a time."""
    with lease_of_job("registry_auth.count_pullers") as held:
        if not held:
            return
        try:
            count_pullers(redis=raw_redis_client())
        except RedisError as error:
            logger.warning("pullers wait until Redis counts them: %s", type(error).__name__)


@shared_task(name="registry_auth.prune_registry_events")
def prune_registry_events() -> None:
    """Remove what the inbox and the counting of pullers no longer need; one worker at a time."""
    with lease_of_job("registry_auth.prune_registry_events") as held:
        if held:
            prune_events()
            forget_old_days()


def wake_drain(events: Iterable[RegistryEvent]) -> None:
    """Queue a drain now if something shows on pages; one at a time, for a drain takes all that waits. Pulls wait for the periodic one."""
    if any(event.action is not EventAction.PULL for event in events) and cache.add(_DRAIN_QUEUED, 1, timeout=30):
        queue_after_commit(drain_registry_events)
