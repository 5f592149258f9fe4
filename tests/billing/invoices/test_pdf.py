"""A document as PDF: tagged, in its language, the same bytes each time, and made of names that nobody has checked."""

import io
import re
import zlib
from datetime import UTC, datetime
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.utils import translation

from billing.invoices.models import Document
from billing.invoices.months import archive_of, table_of
from billing.invoices.pdf import pdf_of
from billing.invoices.wording import written

NAMES = {
    "german": "Müller & Söhne Straßenbau GmbH",
    "chinese, japanese, korean": "東京データベース株式会社 数据库有限公司 한국 주식회사",
    "right to left": "חברת עולם בע״מ شركة قواعد البيانات",
    "one long word": "X" * 200,
    "markup": '#panic("x") $x^2$ *b* `c` \\ @label <a href="http://127.0.0.1:9/">',
    "an image": '#image("/etc/passwd") #read("../../manage.py") #import "@preview/x:1.0.0"',
}
UNKNOWN = {"letters without a font": "ไทย हिन्दी", "a direction": "\u202egpj.exe", "a control character": "\x07 bell"}


def document(name: str = "Bea", *, language: str = "en-gb", taxes: int = 1) -> Document:
    """A document that is in no database."""
    party = {"name": name, "address": [name, "10115 Berlin"], "vat_id": "DE123456789", "tax_id": ""}
    tax = {"name": "VAT", "percent": "8.25", "country": "DE", "reason": "standard_rated", "amount": 303}
    return Document(
        id=UUID(int=1), kind=Document.Kind.INVOICE, year=2026, serial=7, amount=1900, tax_amount=303 * taxes, currency="eur",
        language=language, issued_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
        content={
            "seller": party | {"tax_id": "1"}, "buyer": party, "lines": [{"text": name, "details": ["acme/db"], "amount": 1900}],
            "taxes": [tax] * taxes, "notes": ["A note."], "order_number": "1A2B", "payment": "pi_1", "paid_with": "card", "supplied_on": "2026-11-29",
        },
    )  # fmt: skip


def inside(pdf: bytes) -> bytes:
    """What a PDF holds, unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return pdf + b"".join(unpacked)


@pytest.mark.parametrize("kind", NAMES)
def test_any_name_is_drawn_as_text_and_stays_accessible(kind: str) -> None:
    pdf = pdf_of(document(NAMES[kind]))

    assert b"pdfuaid" in inside(pdf)
    assert b"/StructTreeRoot" in inside(pdf)
    assert b"/URI" not in inside(pdf)


@pytest.mark.parametrize("kind", UNKNOWN)
def test_letters_that_no_font_has_stop_no_document(kind: str) -> None:
    pdf = pdf_of(document(UNKNOWN[kind]))

    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in inside(pdf)


def test_the_same_document_is_the_same_bytes_and_says_its_language() -> None:
    english, german = pdf_of(document()), pdf_of(document(language="de"))

    assert (pdf_of(document()), pdf_of(document(language="de"))) == (english, german)
    assert b"/Lang (en-GB)" in inside(english) or b"(en-GB)" in inside(english)
    assert b"(de)" in inside(german)


def test_its_words_are_those_of_its_language_and_its_numbers_too() -> None:
    with translation.override("de"):
        words = written(document(language="de"))

    assert words["title"] == "Rechnung LS-2026-00007"
    assert words["sums"] == [{"label": "Ohne Steuer", "amount": "15,97\xa0€"}, {"label": "VAT 8,25 % DE", "amount": "3,03\xa0€"}]
    assert [fact["text"] for fact in words["facts"]] == ["29. November 2026", "29. November 2026", "1A2B", "card", "pi_1"]
    assert words["seller"]["ids"] == ["USt-IdNr. DE123456789", "Steuernummer 1"]


def test_without_tax_there_is_the_total_alone() -> None:
    assert written(document(taxes=0))["sums"] == []


def test_the_archive_of_a_month_is_the_same_bytes_and_holds_each_document() -> None:
    made = archive_of([document()])

    assert made == archive_of([document()])
    with ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["LS-2026-00007.pdf"]
        assert archive.read("LS-2026-00007.pdf") == pdf_of(document())


def test_what_buyers_type_is_no_formula_of_a_spreadsheet() -> None:
    lines = table_of([document("=1+1")]).splitlines()

    assert lines[1] == "LS-2026-00007,invoice,2026-11-29T12:00:00Z,,1A2B,,,,'=1+1,DE123456789,eur,19.00,3.03,pi_1"
