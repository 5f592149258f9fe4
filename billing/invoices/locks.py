"""The only place where series of documents are locked."""

from uuid import UUID

from billing.invoices.models import DocumentSeries
from common.db.locking import locked


def lock_series(*, seller_id: UUID, year: int) -> DocumentSeries:
    """Lock the numbers of a seller's year for this transaction; the first document of a year begins them."""
    found = DocumentSeries.objects.filter(seller=seller_id, year=year)
    series = locked(found).first()
    if series is None:
        DocumentSeries.objects.bulk_create([DocumentSeries(seller_id=seller_id, year=year)], ignore_conflicts=True)
        series = locked(found).get()
    return series
