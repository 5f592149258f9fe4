"""Fails a test in which anybody but the tests themselves saves a row whole that exists already; libraries too, which no scan reads."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from django.db.models.signals import pre_save

TESTS = Path(__file__).resolve().parents[1]
APPS = {"accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth"}
PASSED_ON = ("/django/db/", "/django/dispatch/", "/contextlib.py", "/models/", "/common/models.py", "/tests/support/whole_rows.py")


class SavedWhole(AssertionError):
    """A row was saved with all its fields, and would have undone what others changed of it."""


def _saver() -> str:
    """Return the file that asked for the save: the first one below Django and the models' own."""
    frame: Any = sys._getframe(2)
    while frame is not None and any(part in frame.f_code.co_filename for part in PASSED_ON):
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def refuse_whole_rows(sender: type[Model], instance: Model, update_fields: Any = None, **_: Any) -> None:
    """Raise where an existing row of ours is saved without naming fields."""
    if sender._meta.app_label not in APPS or update_fields is not None or instance._state.adding:
        return
    saver = _saver()
    if not saver.startswith(str(TESTS)) and "/factory/" not in saver:
        msg = f"{sender.__name__} {instance.pk} is saved whole by {saver}: name update_fields."
        raise SavedWhole(msg)


@pytest.fixture(autouse=True)
def rows_are_saved_by_field() -> Iterator[None]:
    """Watch every save of a test."""
    pre_save.connect(refuse_whole_rows, dispatch_uid="rows_are_saved_by_field")
    yield
    pre_save.disconnect(refuse_whole_rows, dispatch_uid="rows_are_saved_by_field")
