"""Every task: which lane it runs in, how long it may take at most, and how often it is due.

A lane is a queue with workers of its own (`config.worker`), so that a service that hangs keeps nothing waiting but the work that needs it:
`money` asks Stripe, `mail` the mail server, `registry` the registry; `drawing` takes the processor, for covers and descriptions;
`default` asks nobody beyond PostgreSQL and Redis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_DAY = 86_400
_LAST_WORDS_SECONDS = 5  # from the exception that ends a task to the signal that kills its process


@dataclass(frozen=True, slots=True)
class Lane:
    """What the workers of a lane may use.

    Attributes:
        slots: tasks that a worker runs at once.
        statement: seconds; PostgreSQL cancels what takes longer, for a process in the middle of a statement hears no other limit.
    """

    slots: int
    statement: int


LANES: Final[Mapping[str, Lane]] = {
    "money": Lane(slots=2, statement=20),
    "mail": Lane(slots=1, statement=20),
    "registry": Lane(slots=2, statement=60),
    "drawing": Lane(slots=1, statement=20),
    "default": Lane(slots=2, statement=50),
}


@dataclass(frozen=True, slots=True)
class Job:
    """What one task may use.

    Attributes:
        lane: its queue.
        limit: seconds; then the task is ended, and a lease that it took runs out.
        every: seconds between two runs that the scheduler asks for; None for a task that only an id calls for.
    """

    lane: str
    limit: int
    every: int | None = None


JOBS: Final[Mapping[str, Job]] = {
    "billing.handle_stripe_event": Job("money", limit=120),
    "billing.settle_order": Job("money", limit=120),
    "billing.refresh_seller": Job("money", limit=120),
    "billing.continue_refund": Job("money", limit=120),
    "billing.handle_waiting_stripe_events": Job("money", limit=180, every=15),
    "billing.settle_pending_orders": Job("money", limit=180, every=60),
    "billing.continue_waiting_refunds": Job("money", limit=180, every=30),
    "billing.close_stopped_checkouts": Job("money", limit=180, every=10),
    "outbox.send_due_mail": Job("mail", limit=60, every=10),
    "registry_auth.describe_manifests": Job("registry", limit=120, every=15),
    "registry_auth.remove_taken_down_manifests": Job("registry", limit=300, every=15),
    "registry_auth.expire_reservations": Job("registry", limit=300, every=300),
    "registry_auth.reconcile_registry": Job("registry", limit=3600, every=600),
    "registry_auth.drain_registry_events": Job("default", limit=60, every=5),
    "marketplace.draw_cover_of_image": Job("drawing", limit=60),
    "marketplace.draw_cover_of_product": Job("drawing", limit=60),
    "marketplace.draw_outdated_covers": Job("drawing", limit=300, every=600),
    "marketplace.add_up_pulls": Job("drawing", limit=120, every=300),
    "marketplace.render_descriptions": Job("drawing", limit=300, every=60),
    "registry_auth.count_pullers": Job("default", limit=120, every=60),
    "registry_auth.prune_registry_events": Job("default", limit=600, every=_DAY),
    "accounts.write_token_uses": Job("default", limit=60, every=30),
    "accounts.remind_of_ending_tokens": Job("default", limit=300, every=3600),
    "accounts.forget_old_personal_data": Job("default", limit=600, every=_DAY),
    "billing.remind_of_disputes": Job("default", limit=60, every=3600),
    "accounts.forget_unverified_accounts": Job("default", limit=600, every=_DAY),
    "marketplace.end_empty_namespaces": Job("default", limit=600, every=_DAY),
    "common.forget_paces": Job("default", limit=300, every=3600),
    "common.clear_sessions": Job("default", limit=600, every=_DAY),
}


def routes(jobs: Mapping[str, Job]) -> dict[str, dict[str, str]]:
    """Return `task_routes` of Celery: each task to its lane."""
    return {name: {"queue": job.lane} for name, job in jobs.items()}


def annotations(jobs: Mapping[str, Job]) -> dict[str, dict[str, int]]:
    """Return `task_annotations` of Celery: an exception at the limit, and an end to the process that goes on all the same."""
    return {name: {"soft_time_limit": job.limit - _LAST_WORDS_SECONDS, "time_limit": job.limit} for name, job in jobs.items()}


def beat_schedule(jobs: Mapping[str, Job]) -> dict[str, dict[str, Any]]:
    """Return `beat_schedule` of Celery. What was not begun when it is due again has run out: a lane that hung catches up once."""
    return {
        name: {"task": name, "schedule": job.every, "options": {"expires": job.every}}
        for name, job in jobs.items()
        if job.every is not None
    }
