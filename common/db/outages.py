"""Neighbours (mail server, Stripe, registry, …) as a run over rows sees them: is one row at fault, or is the neighbour away?

One row that fails says nothing about its neighbour. Several that have nothing in common and fail alike, with no success between them, do:
then the run ends, `/readyz` and the log say so, and the rows keep the turns that their backoff gives them.
"""

import logging
from collections.abc import Hashable
from typing import Final

from django.db import models
from django.utils import timezone

from common.db.models import NeighbourAway

logger = logging.getLogger(__name__)
DIFFERENT: Final = 3  # rows without anything in common


class FailureRun:
    """Counts failures of one run over rows.

    Args:
        neighbour: its name for staff, e.g. "registry".
        different: so many rows of different origin, failing alike one after the other, mean that the neighbour is away.
    """

    def __init__(self, neighbour: str, *, different: int = DIFFERENT) -> None:
        self._neighbour = neighbour
        self._different = different
        self._alike: dict[str, set[Hashable]] = {}
        self._seen = False

    def succeeded(self) -> None:
        """A row went through: the neighbour is there, whatever fails."""
        self._alike.clear()
        if not self._seen:  # once a run is enough
            self._seen = True
            mark_present(self._neighbour)

    def failed(self, *, origin: Hashable, kind: str) -> bool:
        """A row failed; return whether the neighbour is away with that, so that the run shall end.

        Args:
            origin: whose row it is (a seller, a buyer), so that nobody can make a neighbour look away with rows of their own alone.
            kind: how it failed, without anything that differs from row to row, e.g. "answers 500".
        """
        origins = self._alike.setdefault(kind, set())
        origins.add(origin)
        if len(origins) < self._different:
            return False
        mark_away(self._neighbour, reason=kind)
        return True


def mark_away(neighbour: str, *, reason: str) -> None:
    """Say that a neighbour is away; the first to say so raises the alarm, since when it is away stays."""
    _, new = NeighbourAway.objects.get_or_create(name=neighbour, defaults={"since": timezone.now(), "reason": reason[:200]})
    if new:
        logger.error("neighbour away", extra={"neighbour": neighbour, "why": reason})


def mark_present(neighbour: str) -> None:
    """Say that a neighbour answers."""
    if NeighbourAway.objects.filter(name=neighbour).delete()[0]:
        logger.warning("neighbour is back", extra={"neighbour": neighbour})


def away_neighbours() -> "models.QuerySet[NeighbourAway]":
    """Return who is away, for `/readyz`, the metrics and staff."""
    return NeighbourAway.objects.order_by("name")
