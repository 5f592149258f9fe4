"""Base classes of our tables, and the tables of leases, exclusive acts, outages and rate limits."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models

from common.ids import new_id


class UUIDModel(models.Model):
    """A row whose primary key is a UUID, in addresses, in the API and in other rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class SavedByField(models.Model):
    """A row whose `save()` writes only the fields that were changed since it was read, because libraries save whole rows.

    What somebody else changed meanwhile is kept, unless the same field was changed here. `update_fields` works as usual.
    """

    _read: dict[str, Any]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not args and kwargs.get("update_fields") is None and not self._state.adding and not kwargs.get("force_insert"):
            kwargs["update_fields"] = [
                name for name, value in self._loaded().items() if name not in self._read or self._read[name] != value
            ]
        super().save(*args, **kwargs)
        self._note_read(kwargs.get("update_fields"))

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._note_read()  # noqa: SLF001  its own
        return row

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        self._note_read(fields)

    def _loaded(self) -> dict[str, Any]:
        fields = (field.attname for field in self._meta.concrete_fields if not field.primary_key)
        return {name: self.__dict__[name] for name in fields if name in self.__dict__}

    def _note_read(self, names: Collection[str] | None = None) -> None:
        loaded = self._loaded()
        self._read = loaded if names is None else self._read | {name: loaded[name] for name in names if name in loaded}


class JobLease(models.Model):
    """The lease of a periodic job, where PostgreSQL is the store of leases: one row for each job, taken until `held_until`."""

    name = models.CharField(primary_key=True, max_length=100)
    holder = models.CharField(max_length=100, default="", db_default="")
    held_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class JobFence(models.Model):
    """The highest fencing number of a lease, whichever store granted it. Only its holder may write (`common.db.leases.fence`)."""

    name = models.CharField(primary_key=True, max_length=100)
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"


class ExclusiveAct(models.Model):
    """Something that one process at a time does, from its row's insertion to its deletion; until `ends_at` if the process dies."""

    name = models.CharField(primary_key=True, max_length=100)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Outage(models.Model):
    """A service that we depend on does not answer: runs over rows noticed, and the row stays until something succeeds again."""

    dependency = models.CharField(primary_key=True, max_length=40)
    since = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.dependency


class RateLimitCount(models.Model):
    """How often somebody did a rate-limited act within a window that ends at `ends_at`. The key is a keyed hash of act, window and whom."""

    key = models.CharField(primary_key=True, max_length=64)
    act = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.act}: {self.count}"
