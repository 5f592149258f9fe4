"""Outages of what we depend on (mail server, Stripe, registry, …), as a run over rows sees them: is one row at fault, or the dependency?

One failed row says nothing about the next. Several that have nothing in common and fail alike, with no success in between, mean an outage:
the run ends, `/readyz` and the log say so, and each row is tried again when its backoff says.
"""

import logging
from collections.abc import Hashable
from typing import Final

from django.db import models
from django.utils import timezone

from common.db.models import Outage

logger = logging.getLogger(__name__)
DIFFERENT: Final = 3  # rows without anything in common


class FailureRun:
    """Counts failures of one run over rows.

    Args:
        dependency: its name for staff, e.g. "registry".
        different: this many rows of different origin that fail alike, one after the other, mean an outage.
    """

    def __init__(self, dependency: str, *, different: int = DIFFERENT) -> None:
        self._dependency = dependency
        self._different = different
        self._alike: dict[str, set[Hashable]] = {}
        self._seen = False

    def succeeded(self) -> None:
        """A row went through: the dependency works, whatever else fails."""
        self._alike.clear()
        if not self._seen:  # once a run is enough
            self._seen = True
            end_outage(self._dependency)

    def failed(self, *, origin: Hashable, kind: str) -> bool:
        """A row failed; return whether that means an outage, so that the run must end.

        Args:
            origin: whose row it is (a seller, a buyer), so that nobody can make an outage out of their own rows alone.
            kind: how it failed, without anything that differs from row to row, e.g. "answers 500".
        """
        origins = self._alike.setdefault(kind, set())
        origins.add(origin)
        if len(origins) < self._different:
            return False
        begin_outage(self._dependency, reason=kind)
        return True


def begin_outage(dependency: str, *, reason: str) -> None:
    """Record that a dependency is away, and since when; the first call alerts staff, later ones change nothing."""
    _, new = Outage.objects.get_or_create(dependency=dependency, defaults={"since": timezone.now(), "reason": reason[:200]})
    if new:
        logger.error("dependency away", extra={"dependency": dependency, "why": reason})


def end_outage(*dependencies: str) -> None:
    """Record that dependencies answer."""
    for outage in Outage.objects.filter(dependency__in=dependencies):
        if Outage.objects.filter(pk=outage.pk).delete()[0]:  # else another process has, and has told so
            logger.warning("dependency is back", extra={"dependency": outage.dependency})


def outages() -> "models.QuerySet[Outage]":
    """Return the outages of this moment, for `/readyz`, the metrics and staff."""
    return Outage.objects.order_by("dependency")
