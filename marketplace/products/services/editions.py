"""Editions: what each holds, what it costs, in which order they are shown, and which are no longer sold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction
from marketplace.images.models import Image
from marketplace.images.ownership import require_owner
from marketplace.products.errors import EditionLeftEmpty, EditionNameTaken, EditionRetired, InvalidEdition, TooManyEditions
from marketplace.products.locks import lock_product
from marketplace.products.models import Edition, EditionImage, Price, Product, ProductImage
from marketplace.products.services.prices import NewPrice, put_prices
from marketplace.products.services.publishing import require_ready
from marketplace.products.services.search_entries import index_product

MOST_EDITIONS: Final = 6  # they stand side by side


@dataclass(frozen=True, slots=True)
class EditionTerms:
    """What a seller says of an edition. Of one that is edited, None stands for what it is when the change is made.

    Attributes:
        line: what it is for, in one line; may be empty.
        images: of its product, at least one.
        prices: as `set_prices` takes them; of an edition that is edited, none where they stay as they are.
        paid_as_now: which of `kind` and `interval` the prices take from the leading price that the edition has.
    """

    name: str | None = None
    line: str | None = None
    images: Sequence[Image] | None = None
    prices: Sequence[NewPrice] = ()
    paid_as_now: Collection[str] = ()


def add_edition(*, product: Product, terms: EditionTerms, actor: User) -> Edition:
    """Sell the product in one edition more, the last in the order. With its first one, the product's own prices are retired.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        InvalidEdition: a field is invalid, or an image is not in the product; says which.
        EditionNameTaken: another edition has the name.
        TooManyEditions: it has as many as it may have.
        InvalidPrice, ProductNotReady: as `set_prices` says.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        current = Edition.objects.filter(product=locked, retired_at__isnull=True)
        positions = list(current.values_list("position", flat=True))
        if len(positions) >= MOST_EDITIONS:
            raise TooManyEditions(most=MOST_EDITIONS)
        edition = Edition(product=locked, position=max(positions, default=-1) + 1)
        _describe(edition, terms, new=True)
        Price.objects.current().filter(product=locked, edition=None).update(retired_at=timezone.now())
        put_prices(locked, edition, terms.prices, actor)
        record_audit(actor=actor, action="product.edition_added", target=locked, edition=edition.name, images=_repositories(edition))
    return edition


def edit_edition(*, edition: Edition, terms: EditionTerms, actor: User) -> Edition:
    """Change what an edition is called, holds and costs, for who buys it from now on; who has it keeps what they have.

    Raises:
        EditionRetired: it is no longer sold.
        NotYours, RoleNotEnough, InvalidEdition, EditionNameTaken, InvalidPrice, ProductNotReady: as `add_edition`.
    """
    require_owner(actor, edition.product.seller_id)
    with locked_transaction():
        product = lock_product(product_id=edition.product_id)
        current = _current(edition)
        _describe(current, terms)
        if terms.prices:
            put_prices(product, current, _new_prices(current, terms), actor)
        record_audit(actor=actor, action="product.edition_edited", target=product, edition=current.name, images=_repositories(current))
    return current


def move_edition(*, edition: Edition, to: int, actor: User) -> int:
    """Move an edition to another place, and return the place it has now; the others keep their order. The first one leads.

    Args:
        to: 0 is the first place; what lies beyond the ends means the end.

    Raises:
        NotYours, RoleNotEnough, EditionRetired: as `edit_edition`.
    """
    require_owner(actor, edition.product.seller_id)
    with locked_transaction():
        product = lock_product(product_id=edition.product_id)
        moved = _current(edition)
        others = list(Edition.objects.filter(product=product, retired_at__isnull=True).exclude(pk=moved.pk))
        place = min(max(to, 0), len(others))
        others.insert(place, moved)
        for position, one in enumerate(others):
            one.position = position
        Edition.objects.bulk_update(others, ["position"])
        index_product(product)
        record_audit(actor=actor, action="product.editions_ordered", target=product, names=[one.name for one in others])
    return place


def retire_edition(*, edition: Edition, actor: User) -> Edition:
    """Sell an edition to nobody any more. Who has it keeps it, and an order that is being paid goes on.

    Raises:
        NotYours, RoleNotEnough, EditionRetired: as `edit_edition`.
        ProductNotReady: the product is published, and it is its last one.
    """
    require_owner(actor, edition.product.seller_id)
    with locked_transaction():
        product = lock_product(product_id=edition.product_id)
        retired = _current(edition)
        retired.retired_at = timezone.now()
        retired.save(update_fields=["retired_at"])
        Price.objects.current().filter(product=product, edition=retired).update(retired_at=retired.retired_at)
        if product.state == Product.State.PUBLISHED:
            require_ready(product)
        index_product(product)
        record_audit(actor=actor, action="product.edition_retired", target=product, edition=retired.name)
    return retired


def take_out_of_editions(product: Product, *, keep: Collection[UUID]) -> None:
    """Take what leaves a product out of its editions. The caller holds the product's lock.

    Raises:
        EditionLeftEmpty: one that is sold would be left with nothing.
    """
    EditionImage.objects.filter(product=product).exclude(image__in=keep).delete()
    held = EditionImage.objects.filter(edition=OuterRef("pk"))
    empty = Edition.objects.filter(~Exists(held), product=product, retired_at__isnull=True).first()
    if empty is not None:
        raise EditionLeftEmpty(name=empty.name)


def _current(edition: Edition) -> Edition:
    """Read the edition again under its product's lock."""
    current = Edition.objects.get(pk=edition.pk)
    if current.retired_at is not None:
        raise EditionRetired
    return current


def _describe(edition: Edition, terms: EditionTerms, *, new: bool = False) -> None:
    """Write the edition's name, line and images, as far as something is said of them."""
    if terms.name is not None:
        edition.name = terms.name.strip()
    if terms.line is not None:
        edition.line = terms.line.strip()
    try:
        edition.clean_fields(exclude=["product"])
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise InvalidEdition(field=field, sentence=sentences[0]) from error
    others = Edition.objects.filter(product=edition.product_id, retired_at__isnull=True).exclude(pk=edition.pk)
    if others.filter(name__iexact=edition.name).exists():  # under the product's lock; the constraint knows nothing of upper case
        raise EditionNameTaken(name=edition.name)
    edition.save(force_insert=new, update_fields=None if new else ["name", "line"])
    if new or terms.images is not None:
        _hold(edition, terms.images or ())


def _hold(edition: Edition, images: Sequence[Image]) -> None:
    """Let the edition hold these images and no others."""
    chosen = dict.fromkeys(image.pk for image in images)
    within = set(ProductImage.objects.filter(product=edition.product_id).values_list("image_id", flat=True))
    if not chosen or not chosen.keys() <= within:
        raise InvalidEdition(field="images", sentence=gettext("Choose at least one of the product’s images."))
    EditionImage.objects.filter(edition=edition).delete()
    EditionImage.objects.bulk_create(EditionImage(edition=edition, image_id=pk, product_id=edition.product_id) for pk in chosen)


def _new_prices(edition: Edition, terms: EditionTerms) -> list[NewPrice]:
    """Return the prices with what they take from the leading one, as it is under the lock."""
    if not terms.paid_as_now:
        return list(terms.prices)
    leading = Price.objects.current().get(edition=edition, leading=True)
    return [replace(price, **{name: getattr(leading, name) for name in terms.paid_as_now}) for price in terms.prices]


def _repositories(edition: Edition) -> list[str]:
    return sorted(image.repository for image in edition.images.select_related("namespace"))
