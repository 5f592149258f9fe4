"""What the worker does for this app. Each task may be lost, repeated or run twice at once."""

import logging
from collections.abc import Iterable

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from common.db.leases import lease_of_job
from common.ops.queue import queue_after_commit
from common.ops.redis import raw_redis_client
from registry_auth.errors import RegistryAway, RegistryFailed
from registry_auth.events.envelopes import EventAction, RegistryEvent
from registry_auth.registry_client import RegistryClient
from registry_auth.services.descriptions import describe_waiting_manifests, has_due_manifests
from registry_auth.services.events import drain_envelopes, has_waiting_envelopes, prune_events
from registry_auth.services.pullers import count_pullers, forget_old_days
from registry_auth.services.reconciliation import reconcile
from registry_auth.services.reservations import settle_reservations
from registry_auth.services.take_downs import remove_asked_for, remove_taken_down_manifests

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
    if has_waiting_envelopes():  # more than one run may take, or here since its last look
        queue_after_commit(drain_registry_events)


@shared_task(name="registry_auth.describe_manifests")
def describe_manifests() -> None:
    """Read from the registry what notifications only told of; one worker at a time."""
    with lease_of_job("registry_auth.describe_manifests") as held:
        if not held:
            return
        try:
            with RegistryClient() as registry:
                describe_waiting_manifests(registry=registry)
        except (RegistryAway, RegistryFailed) as error:
            logger.warning("manifests wait for their description: %s", error.message)
            return
    if has_due_manifests():  # more than one run may take, or here since its last look
        queue_after_commit(describe_manifests)


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


@shared_task(name="registry_auth.reconcile_registry")
def reconcile_registry() -> None:
    """Repair what notifications missed; one worker at a time."""
    with lease_of_job("registry_auth.reconcile_registry") as held:
        if not held:
            return
        try:
            with RegistryClient() as registry:
                reconcile(registry=registry)
        except RegistryAway as error:
            logger.warning("reconciliation stopped, the next run begins anew: %s", error.message)


@shared_task(name="registry_auth.expire_reservations")
def expire_reservations() -> None:
    """Warn of, end and free reservations that nothing was pushed to; one worker at a time."""
    with lease_of_job("registry_auth.expire_reservations") as held:
        if not held:
            return
        try:
            with RegistryClient() as registry:
                settle_reservations(registry=registry, now=timezone.now())
        except (RegistryAway, RegistryFailed) as error:
            logger.warning("names wait until the registry can be asked: %s", error.message)


@shared_task(name="registry_auth.remove_taken_down_manifests")
def remove_taken_down() -> None:
    """Delete from the registry what was taken down, and what its sellers want gone; one worker at a time."""
    with lease_of_job("registry_auth.remove_taken_down_manifests") as held:
        if not held:
            return
        try:
            with RegistryClient() as registry:
                remove_taken_down_manifests(registry=registry)
                remove_asked_for(registry=registry)
        except RegistryAway as error:
            logger.warning("taken down manifests wait for their removal: %s", error.message)


def wake_drain(events: Iterable[RegistryEvent]) -> None:
    """Queue a drain now if something shows on pages; one at a time, for a drain takes all that waits. Pulls wait for the periodic one."""
    if any(event.action is not EventAction.PULL for event in events) and cache.add(_DRAIN_QUEUED, 1, timeout=30):
        queue_after_commit(drain_registry_events)
