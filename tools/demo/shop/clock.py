"""Doing something at a moment of the past, through the same services: what they write is dated as if it had happened then."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from django.apps import apps
from django.db.models import Field
from django.utils import timezone

_now = timezone.now


class Clock:
    """The moment that services and the defaults of rows read; the real one unless it is set. Only the process of the demo has it."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment or _now()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let everything in the body happen at this moment."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before


@contextmanager
def set_clock() -> Iterator[Clock]:
    """Let the process read its time from a clock that can be set."""
    clock = Clock()
    fields = [field for model in apps.get_models() for field in model._meta.local_fields if field.default is _now]
    try:
        _read_from(fields, clock.now)
        with patch.object(timezone, "now", clock.now):
            yield clock
    finally:
        _read_from(fields, _now)


def _read_from(fields: "list[Field[object, object]]", now: object) -> None:
    for field in fields:
        field.default = now
        vars(field).pop("_get_default", None)  # Django keeps what it made of the default
