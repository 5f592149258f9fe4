"""Where Celery looks for the tasks of this app."""

from registry_auth.inbox.tasks import count_distinct_pullers, drain_registry_events, prune_registry_events
from registry_auth.upkeep.tasks import describe_manifests, expire_reservations, reconcile_registry, remove_taken_down

__all__ = [
    "count_distinct_pullers",
    "describe_manifests",
    "drain_registry_events",
    "expire_reservations",
    "prune_registry_events",
    "reconcile_registry",
    "remove_taken_down",
]
