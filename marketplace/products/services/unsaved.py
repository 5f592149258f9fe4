"""What sellers have typed and not saved: kept tab by tab, so that no tab overwrites another's."""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from accounts.sellers.locks import lock_seller
from common.db.locking import locked_transaction
from marketplace.images.ownership import require_editor
from marketplace.products.errors import NoMoreRoom, UnsavedElsewhere, UnsavedTooLong
from marketplace.products.models import Product, UnsavedText

MOST_UNSAVED: Final = 20  # texts of one seller
LONGEST: Final = 600_000  # characters: twice what the form takes, for what is too long to be saved must be kept as well


def keep_unsaved(
    *, seller_id: UUID, product: Product | None, tab: UUID, seen: int, revision: int | None, typed: Mapping[str, Sequence[str]], actor: User
) -> UnsavedText:
    """Keep what a tab holds; nothing that another tab typed is overwritten.

    Args:
        product: None for one that is not made yet.
        tab: chosen at random for each editor that is opened.
        seen: the version that the tab kept before; 0 for its first.
        revision: of the product that the tab began with.
        typed: the values of the form by field, valid or not.

    Raises:
        NotYours: the actor does not own the seller's account or the product.
        UnsavedTooLong: it is more than any form takes.
        UnsavedElsewhere: the same text is open in another tab, which has kept it meanwhile. Nothing was changed.
        NoMoreRoom: the seller has as many unsaved texts as one seller may have.
    """
    require_editor(actor, seller_id)
    if product is not None:
        require_editor(actor, product.seller_id)
    fields = {name: [value.replace("\x00", "") for value in values] for name, values in typed.items()}
    if len(json.dumps(fields, ensure_ascii=False)) > LONGEST:
        raise UnsavedTooLong
    with locked_transaction():
        lock_seller(account_id=seller_id)
        kept = UnsavedText.objects.filter(seller=seller_id, tab=tab).first()
        if kept is None:
            _require_room(seller_id)
            return UnsavedText.objects.create(seller_id=seller_id, product=product, tab=tab, revision=revision, typed=fields)
        if kept.version != seen:
            raise UnsavedElsewhere
        kept.typed, kept.revision, kept.version, kept.kept_at = fields, revision, seen + 1, timezone.now()
        kept.save(update_fields=["typed", "revision", "version", "kept_at"])
    return kept


def discard_unsaved(*, seller_id: UUID, tab: UUID, actor: User) -> None:
    """Delete what a tab has kept: it was saved, or its seller does not want it.

    Raises:
        NotYours: the actor does not own the seller's account.
    """
    require_editor(actor, seller_id)
    UnsavedText.objects.filter(seller=seller_id, tab=tab).delete()


def _require_room(seller_id: UUID) -> None:
    if UnsavedText.objects.filter(seller=seller_id).count() >= MOST_UNSAVED:
        raise NoMoreRoom(
            gettext("You have {most} unsaved texts. Save or discard one, then this one is kept too.").format(most=MOST_UNSAVED)
        )
