"""A month's documents for whoever keeps a seller's books: as a table, and as files."""

import csv
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from billing.invoices.models import Document
from billing.invoices.pdf import pdf_of

MOST_FILES: Final = 50  # in one archive: each is drawn while somebody waits
_COLUMNS: Final = (
    "number", "kind", "issued_at", "corrects", "order", "order_id", "refund_id", "dispute_id", "buyer", "buyer_vat_id",
    "currency", "amount", "tax", "payment",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@")


def table_of(documents: Iterable[Document]) -> str:
    """Return documents as CSV (RFC 4180), a line each; amounts in the currency's main unit, below zero on credit notes."""
    file = StringIO()
    csv.writer(file).writerows(_rows(documents))
    return file.getvalue()


def _rows(documents: Iterable[Document]) -> Iterator[list[object]]:
    yield list(_COLUMNS)
    for document in documents:
        buyer = document.content["buyer"]
        leads = [value or "" for value in (document.order_id, document.refund_id, document.dispute_id)]
        yield [
            document.number,
            document.kind,
            f"{document.issued_at:%Y-%m-%dT%H:%M:%SZ}",
            document.corrects.number if document.corrects else "",
            document.content["order_number"],
            *leads,
            _as_text(buyer["name"]),
            _as_text(buyer["vat_id"]),
            document.currency,
            document.money.typed,
            document.tax.typed,
            document.content["payment"],
        ]


def _as_text(value: str) -> str:
    """Return what buyers have typed so that a spreadsheet takes it for text and not for a formula (OWASP, "CSV Injection")."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def archive_of(documents: Iterable[Document]) -> bytes:
    """Return documents as PDFs in a ZIP archive, at most `MOST_FILES`; the same documents give the same bytes."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for document in documents:
            archive.writestr(ZipInfo(f"{document.number}.pdf", date_time=document.issued_at.timetuple()[:6]), pdf_of(document))
    return made.getvalue()
