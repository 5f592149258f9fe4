"""The worker's tasks that send requests to the registry. Each may be lost, repeated or run twice at once."""

import logging

from django.utils import timezone

from common.jobs import periodic
from registry_auth.client.errors import RegistryAway, RegistryFailed
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep import take_downs
from registry_auth.upkeep.descriptions import describe_waiting_manifests, has_due_manifests
from registry_auth.upkeep.holds import hold_in_force
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.reservations import settle_reservations

logger = logging.getLogger(__name__)


@periodic(every=15, lane="registry", limit=120, again=has_due_manifests)
def describe_manifests() -> int | None:
    """Read from the registry the manifests that notifications only named. Returns how many were tried, None if the registry is away."""
    try:
        with RegistryClient() as registry:
            return describe_waiting_manifests(registry=registry)
    except (RegistryAway, RegistryFailed) as error:
        logger.warning("manifests not described yet: %s", error.message)
        return None


@periodic(every=15, lane="registry", limit=300)
def remove_taken_down_manifests() -> None:
    """Delete from the registry what was taken down and what its sellers want removed; not while it must keep what it has."""
    if hold_in_force() is not None:
        return
    try:
        with RegistryClient() as registry:
            take_downs.remove_taken_down_manifests(registry=registry)
            take_downs.remove_unreadable_manifests(registry=registry)
    except RegistryAway as error:
        logger.warning("manifests that were taken down not removed yet: %s", error.message)


@periodic(every=300, lane="registry", limit=300)
def expire_reservations() -> None:
    """Warn of, end and free reservations that nothing was pushed to."""
    try:
        with RegistryClient() as registry:
            settle_reservations(registry=registry, now=timezone.now())
    except (RegistryAway, RegistryFailed) as error:
        logger.warning("names not freed until the registry answers: %s", error.message)


@periodic(every=600, lane="registry", limit=3600)
def reconcile_registry() -> None:
    """Repair what notifications missed."""
    try:
        with RegistryClient() as registry:
            reconcile(registry=registry)
    except RegistryAway as error:
        logger.warning("reconciliation stopped, the next run starts again: %s", error.message)
