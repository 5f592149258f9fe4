"""Pulls that the registry has told of and that are not counted yet. Whoever keeps them says so; this room counts, and knows no inbox."""

from collections.abc import Callable
from datetime import datetime

WaitingFinder = Callable[[datetime], bool]
_finders: list[WaitingFinder] = []


def waiting_finder(function: WaitingFinder) -> WaitingFinder:
    """Have this function asked whether something that was told before a moment is not counted yet, and still can be."""
    _finders.append(function)
    return function


def pulls_wait(*, before: datetime) -> bool:
    """Whether there may be pulls that we were told of before then and that no count has yet."""
    return any(finder(before) for finder in _finders)
