"""What a seller has typed and not saved."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import QuerySet

from marketplace.products.models import Product, UnsavedText

_SEVERAL = frozenset({"images"})  # fields of the form with several values


def unsaved_texts(seller_id: UUID, product: Product | None) -> QuerySet[UnsavedText]:
    """List the unsaved texts of one product, or of those that are not made yet, the newest first; without what was typed."""
    return UnsavedText.objects.filter(seller=seller_id, product=product).defer("typed")


def initial_from(unsaved: UnsavedText) -> dict[str, object]:
    """Return what was typed as values for the form."""
    typed: Mapping[str, Sequence[str]] = unsaved.typed
    return {name: list(values) if name in _SEVERAL else "".join(values[-1:]) for name, values in typed.items()}
