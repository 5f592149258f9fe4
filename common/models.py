"""Bases of our tables, and the lease by which any number of schedulers runs a job once."""

from uuid import UUID

from django.db import models
from uuid_utils import compat


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): unguessable enough for an address, ordered enough for an index."""
    return compat.uuid7()


class UUIDModel(models.Model):
    """A row that is named by a UUID in addresses, in the API and in other rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class JobLease(models.Model):
    """Who runs a periodic job right now: one row a job, held until `held_until`."""

    name = models.CharField(primary_key=True, max_length=100)
    held_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class NeighbourAway(models.Model):
    """A service that runs over rows have found away: there is a row from the moment it was noticed until something succeeds again."""

    name = models.CharField(primary_key=True, max_length=40)
    since = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        verbose_name = "neighbour that is away"
        verbose_name_plural = "neighbours that are away"

    def __str__(self) -> str:
        return self.name


class PaceCount(models.Model):
    """How often somebody did a paced act within a time that ends at `ends_at`. The key is a keyed hash of act, span and whom."""

    key = models.CharField(primary_key=True, max_length=64)
    act = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.act}: {self.count}"
