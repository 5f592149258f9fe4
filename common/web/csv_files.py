"""Rows as a CSV file (RFC 4180) that a spreadsheet reads as texts and numbers, never as formulas."""

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from django.http import HttpResponse

# What spreadsheets take for the beginning of a formula, spaces before it included (OWASP, "CSV Injection").
_FORMULA: Final = re.compile(r"[\s]*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


def csv_file(lines: Iterable[Sequence[object]], *, name: str) -> HttpResponse:
    """Return the lines as a file to download.

    Args:
        name: of the file, without its ending.
    """
    file = StringIO()
    csv.writer(file).writerows([harmless(cell) for cell in line] for line in lines)
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def harmless(cell: object) -> object:
    """Return the cell so that no spreadsheet runs it: a text that looks like a formula gets an apostrophe, a number stays a number."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
