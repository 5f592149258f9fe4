"""Whatever happens, in whatever order we hear of it: books balance, access follows from payments, and Stripe's totals are ours."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, settings, strategies
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import Rule, run_state_machine_as_test

from common.ops import queue
from config.celery import app
from tests.sequences.disputes import Disputes
from tests.sequences.gifts import Gifts
from tests.sequences.growth import Growth
from tests.sequences.payouts import Payouts
from tests.sequences.refunds import Refunds
from tests.sequences.shop import BEGINS, make_shop
from tests.sequences.trials import Trials
from tests.support.database import rows_of_this_moment
from tests.support.sandbox_here import SandboxHere, shop_at

SEQUENCES, STEPS = 100, 8
ONE_IN = 6  # steps is the one before again
# Of `script/bench books`, which plays more of them, longer ones, and others each time.
ASKED_FOR, FIGURES, LONGER = os.environ.get("LAYERSTORE_SEQUENCES"), os.environ.get("LAYERSTORE_SEQUENCES_FIGURES", ""), 24


@strategies.composite
def or_the_one_before(draw: Callable[[Any], Any], steps: Any) -> Any:
    """Draw a step; one of so many is the one before with the same numbers, as when somebody clicks twice or asks for their money again."""
    before = steps.machine.step_before
    again = before is not None and steps.is_valid(before[0]) and draw(strategies.integers(1, ONE_IN)) == ONE_IN
    steps.machine.step_before = before if again else draw(steps)
    return steps.machine.step_before


class Books(Trials, Gifts, Refunds, Disputes, Payouts, Growth):
    """All areas together: another way to sell is another file, and its class here."""

    step_before: tuple[Rule, dict[str, Any]] | None = None

    def __init__(self) -> None:
        super().__init__()
        self._rules_strategy: Any = or_the_one_before(self._rules_strategy)


class FromTheSeedAlone(HypothesisProvider):
    """Draws as Hypothesis does, but for two things: whatever else is in the process, a seed plays the same, and each sequence is a new one.

    Hypothesis mixes in the numbers that stand in those of our modules which were imported until then, for which it reads all of them; and
    it plays most sequences a few times more with steps repeated, some of which end in the middle and count for nothing. That a step is
    repeated is for `or_the_one_before` to draw.
    """

    assert callable(HypothesisProvider._maybe_draw_constant), "Hypothesis mixes such numbers in by another name"

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS["from the seed alone"] = FromTheSeedAlone


@pytest.fixture
def machine(transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[type[Books]]:
    """The machine with its shop, and Stripe in this process; what would be queued is lost, so that sweeps and the machine itself do it."""
    monkeypatch.setattr(queue, "_in_place", frozenset())
    settings.LAYERSTORE_STRIPE_COUNTRY = "NO"
    app.loader.import_default_modules()  # every job there is
    Books.sandbox = SandboxHere()
    with shop_at(Books.sandbox), time_machine.travel(BEGINS, tick=True):
        Books.shop = make_shop(Books.sandbox)
        Books.sandbox.tick()
        Books.sandbox.keep()
    with shop_at(Books.sandbox), rows_of_this_moment("shop") as Books.begin_anew, no_logs():
        yield Books


@contextmanager
def no_logs() -> Iterator[None]:
    """Thousands of lines are made otherwise, and kept until the test ends."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def test_books_balance_access_follows_payments_and_totals_agree_whatever_happens(machine: type[Books]) -> None:
    how = settings(
        max_examples=int(ASKED_FOR or SEQUENCES),
        stateful_step_count=LONGER if ASKED_FOR else STEPS,
        derandomize=not ASKED_FOR,
        backend="from the seed alone",
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=how)
    finally:
        if FIGURES:
            Path(FIGURES).write_text(json.dumps(vars(machine.played)), encoding="utf-8")
    assert machine.played.sequences >= how.max_examples
