"""What the worker asks the registry for. Each task may be lost, repeated or run twice at once."""

import logging

from celery import shared_task
from django.utils import timezone

from common.db.leases import lease_of_job
from common.ops.queue import queue_after_commit
from registry_auth.client.errors import RegistryAway, RegistryFailed
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.descriptions import describe_waiting_manifests, has_due_manifests
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.reservations import settle_reservations
from registry_auth.upkeep.take_downs import remove_asked_for, remove_taken_down_manifests

logger = logging.getLogger(__name__)


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
