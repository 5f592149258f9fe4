"""A document as PDF: tagged, by Typst, from data alone (docs/adr, 0066). The same document gives the same bytes.

No font of the machine is used, and nothing is fetched: the fonts lie beside this file, and names come in as data, not as markup.
"""

import json
from pathlib import Path
from typing import Any, Final

import typst
from django.utils import translation

from billing.invoices.models import Document
from billing.invoices.wording import written

_HERE: Final = Path(__file__).parent
_DOCUMENT, _TEXT, _FONTS = _HERE / "document.typ", _HERE / "text.typ", _HERE / "fonts"
_ACCESSIBLE: Final = "ua-1"


def pdf_of(document: Document) -> bytes:
    """Return the document as PDF/UA-1, in its language.

    A name with letters that our fonts lack is shown with empty boxes, and its document is tagged PDF without that promise.
    """
    with translation.override(document.language):
        return _drawn(_DOCUMENT, written(document))


def pdf_of_text(title: str, text: str) -> bytes:
    """Return a text as PDF, each of its lines a paragraph; accessible as `pdf_of` says."""
    return _drawn(_TEXT, {"title": title, "paragraphs": [line for line in text.splitlines() if line.strip()]})


def _drawn(template: Path, values: dict[str, Any]) -> bytes:
    data = json.dumps(values, ensure_ascii=False)
    try:
        return _compiled(template, data, pdf_standards=_ACCESSIBLE)
    except typst.TypstError:
        return _compiled(template, data)


def _compiled(template: Path, data: str, **options: Any) -> bytes:
    made: bytes = typst.compile(
        str(template),
        root=str(_HERE),
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        timestamp=0,
        sys_inputs={"document": data},
        **options,
    )
    return made
