"""Deletes many rows, a few in each statement: none takes long, and a run that is ended has deleted something."""

from typing import Any, Final

from django.db.models import QuerySet

BATCH: Final = 1_000


def delete_in_batches(rows: "QuerySet[Any]", *, at_once: int = BATCH) -> int:
    """Delete the rows in their order, and return how many; rows deleted by cascade are not counted. Call it outside transactions."""
    model, deleted = rows.model, 0
    everything = model._default_manager  # noqa: SLF001 - Django, "Default managers": its name for generic code
    while keys := list(rows.values_list("pk", flat=True)[:at_once]):
        deleted += everything.filter(pk__in=keys).delete()[1].get(model._meta.label, 0)
    return deleted
