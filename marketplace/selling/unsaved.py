"""The tab in which a seller edits a product: what it has kept, and what was saved elsewhere meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from common.ids import read_id
from marketplace.products.forms import EDITORS_OWN, ProductForm
from marketplace.products.models import Product, UnsavedText
from marketplace.products.selectors.unsaved import unsaved_texts
from marketplace.selling.guards import SellerRequest


@dataclass(frozen=True, slots=True)
class EditorTab:
    """An editor that is open.

    Attributes:
        id: under which it keeps what is typed.
        kept: what it has kept so far, if anything.
        revision: of the product that it began with; None for a product that is not made yet.
        others: what other tabs have kept of the same product, the newest first.
    """

    id: UUID
    kept: UnsavedText | None
    revision: int | None
    others: Sequence[UnsavedText]

    @property
    def version(self) -> int:
        """The version that it kept last; 0 if it has kept nothing."""
        return self.kept.version if self.kept else 0


def editor_tab(request: SellerRequest, product: Product | None) -> EditorTab:
    """Return the tab that sent the form or whose text is to be opened again (`?unsaved=`), or a new one."""
    texts = list(unsaved_texts(request.seller.pk, product))
    sent = read_id(request.POST.get("tab", ""))
    wanted = sent or read_id(request.GET.get("unsaved", ""))
    kept = next((text for text in texts if text.tab == wanted), None)
    began = kept.revision if kept else product.revision if product else None
    revision = _number(request.POST.get("revision", "")) if sent else began
    tab = wanted if wanted and (sent or kept) else uuid4()
    return EditorTab(tab, kept, revision, [text for text in texts if text.tab != tab])


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which the saved text is not what the form holds."""

    label: str
    saved: str


def differences(form: ProductForm, saved: ProductForm) -> list[Difference]:
    """Compare two forms of a product, field by field, and return what the second one holds where they differ."""
    names = [name for name in saved.fields if name in form.fields and name not in EDITORS_OWN]
    return [
        Difference(str(saved.fields[name].label), ", ".join(_words(saved, name)))
        for name in names
        if sorted(_values(form, name)) != sorted(_values(saved, name))
    ]


def _values(form: ProductForm, name: str) -> list[str]:
    value = form[name].value()
    values = value if isinstance(value, list) else [value]
    return ["" if one is None else str(one).replace("\r\n", "\n").strip() for one in values]


def _words(form: ProductForm, name: str) -> list[str]:
    """Return the values as people read them: a choice by its label."""
    choices = {str(value): str(label) for value, label in getattr(form.fields[name], "choices", ())}
    return [choices.get(value, value) for value in _values(form, name)]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004  digits of a PostgreSQL integer
