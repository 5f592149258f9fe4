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
_TEMPLATE, _FONTS = _HERE / "document.typ", _HERE / "fonts"
_ACCESSIBLE: Final = "ua-1"


def pdf_of(document: Document) -> bytes:
    """Return the document as PDF/UA-1, in its language.

    A name with letters that our fonts lack is shown with empty boxes, and its document is tagged PDF without that promise.
    """
    with translation.override(document.language):
        data = json.dumps(written(document), ensure_ascii=False)
    try:
        return _compiled(data, pdf_standards=_ACCESSIBLE)
    except typst.TypstError:
        return _compiled(data)


def _compiled(data: str, **options: Any) -> bytes:
    made: bytes = typst.compile(
        str(_TEMPLATE),
        root=str(_HERE),
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        timestamp=0,
        sys_inputs={"document": data},
        **options,
    )
    return made
