"""A product's page and its images."""

from collections.abc import Sequence
from typing import Final, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from accounts.people.models import User
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from audit.services import record_audit
from common.db.locking import locked_transaction, translate_violation
from common.ops.queue import queue_after_commit
from marketplace.images.errors import NotYours
from marketplace.images.locks import lock_images
from marketplace.images.models import Image, Namespace
from marketplace.images.names import Slug
from marketplace.images.ownership import require_editor
from marketplace.products.descriptions import RENDERED, set_rendering
from marketplace.products.errors import (
    EditedMeanwhile,
    ForeignImage,
    ImageNotUsable,
    InvalidProduct,
    SlugFixed,
    SlugNamesAnotherImage,
    SlugTaken,
)
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Category, Product, ProductImage
from marketplace.products.services.descriptions import rendered_or_refused
from marketplace.products.services.editions import take_out_of_editions
from marketplace.products.services.limits import require_room_for_product, require_room_for_text
from marketplace.products.services.publishing import require_ready
from marketplace.products.services.search_entries import index_product

MOST_IMAGES: Final = 50  # its page lists each of them


class ProductChanges(TypedDict, total=False):
    """The fields of a product that can be edited."""

    title: str
    slug: str
    summary: str
    description: str
    category: Category | None
    licence_name: str
    licence_text: str
    refund_days: int


def create_product(
    *,
    seller: SellerProfile,
    namespace: Namespace,
    actor: User,
    images: Sequence[Image],
    **page: Unpack[ProductChanges],
) -> Product:
    """Create a draft with the seller's own images: one, a bundle in this order, or none yet. Nobody else sees it.

    Args:
        page: `title` and `slug` are needed.

    Raises:
        NotYours, RoleNotEnough: the actor does not edit for the seller, or the namespace is not the seller's.
        InvalidSlug: the address breaks a rule of names; says which.
        InvalidProduct: another field is invalid, or the description cannot be rendered; says which.
        ForeignImage: an image is somebody else's.
        ImageNotUsable: an image has ended or is taken down.
        SlugNamesAnotherImage: the address is the name of an image that is not in the product.
        SlugTaken: another product of the namespace has the address.
        NoMoreRoom: the seller has as many products, or as much text in them, as one seller may have.
    """
    require_editor(actor, seller.pk)
    if namespace.owner_id != seller.pk:
        raise NotYours
    rendering = rendered_or_refused(page.get("description", ""))
    with locked_transaction():
        lock_seller(account_id=seller.pk)
        require_room_for_product(seller.pk)
        chosen = _usable(images, lock_images(image_ids=[image.pk for image in images]), seller.pk)
        product = Product(seller=seller, namespace=namespace, **page)
        set_rendering(product, rendering)
        _save(product, chosen, force_insert=True)
        _put_in(product, chosen)
        record_audit(actor=actor, action="product.created", target=product, images=[image.repository for image in chosen])
    return product


def edit_product(
    *,
    product: Product,
    actor: User,
    images: Sequence[Image] | None = None,
    revision: int | None = None,
    **changes: Unpack[ProductChanges],
) -> Product:
    """Change the page of a product and its images, in any state: everything or nothing. Its Markdown is stored as it was typed.

    Args:
        images: the product has exactly these from now on, in this order; None changes nothing. Holders of a removed image keep it. One
            that is removed leaves its editions too; one that is added is in none yet.
        revision: the product's when these changes were begun; None to change whatever is there.

    Raises:
        NotYours, RoleNotEnough: the actor does not edit for its seller.
        InvalidSlug, InvalidProduct, ForeignImage, ImageNotUsable, SlugNamesAnotherImage, SlugTaken, NoMoreRoom: as in
            `create_product`.
        EditionLeftEmpty: an edition would be left with nothing.
        EditedMeanwhile: the product was saved since that revision.
        SlugFixed: the product has been published, so its address cannot change.
        ProductNotReady: the product is published, and with these images it would not meet a requirement.
    """
    require_editor(actor, product.seller_id)
    rendering = rendered_or_refused(changes["description"]) if "description" in changes else None  # before the lock: it takes a moment
    with locked_transaction():
        locked, candidates = lock_product_with_images(product_id=product.pk, also=[image.pk for image in images or ()])
        if revision not in {None, locked.revision}:
            raise EditedMeanwhile(revision=locked.revision)
        chosen = candidates if images is None else _usable(images, candidates, locked.seller_id)
        locked.revision += 1
        if rendering is not None:
            set_rendering(locked, rendering)
        _change_page(locked, chosen, changes)
        if images is not None:
            _replace_images(locked, chosen, actor)
            locked.save(update_fields=["revision", "updated_at"])
        if changes or images is None:
            record_audit(actor=actor, action="product.edited", target=locked, fields=sorted(changes))
    return locked


def set_images(*, product: Product, images: Sequence[Image], actor: User) -> Product:
    """Give the product exactly these images: `edit_product` without a change of the page."""
    return edit_product(product=product, actor=actor, images=images)


def _change_page(product: Product, images: Sequence[Image], changes: ProductChanges) -> None:
    if product.published_at is not None and changes.get("slug", product.slug) != product.slug:
        raise SlugFixed
    for name, value in changes.items():
        setattr(product, name, value)
    if changes:
        rendered = RENDERED if "description" in changes else ()
        _save(product, images, update_fields=[*changes, *rendered, "revision", "updated_at"])
        index_product(product)
    else:
        _check_slug(product, images)
    if "slug" in changes:  # a bundle's cover is drawn from it
        _draw_after_commit(product)


def _replace_images(product: Product, images: Sequence[Image], actor: User) -> None:
    take_out_of_editions(product, keep=[image.pk for image in images])
    product.product_images.all().delete()
    _put_in(product, images)
    if product.state == Product.State.PUBLISHED:
        require_ready(product)
    record_audit(actor=actor, action="product.images_set", target=product, images=[image.repository for image in images])


def _usable(wanted: Sequence[Image], locked: Sequence[Image], seller_id: object) -> list[Image]:
    """Return the locked rows of the chosen images, in the order chosen, each once."""
    rows = {image.pk: image for image in locked}
    chosen = [rows[pk] for pk in dict.fromkeys(image.pk for image in wanted)]
    if len(chosen) > MOST_IMAGES:
        raise InvalidProduct(
            field="images", sentence=gettext("A product holds at most {most} images. Make several bundles.").format(most=MOST_IMAGES)
        )
    for image in chosen:
        if image.owner_id != seller_id:
            raise ForeignImage
        if not image.is_usable:
            raise ImageNotUsable(repository=image.repository)
    return chosen


def _save(product: Product, images: Sequence[Image], *, force_insert: bool = False, update_fields: Sequence[str] | None = None) -> None:
    Slug.parse(product.slug)
    _check_slug(product, images)
    try:
        product.clean_fields()
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise InvalidProduct(field=field, sentence=sentences[0]) from error
    # The constraint decides whether the address is free, not a query before.
    with translate_violation("product_slug_unique", SlugTaken(slug=product.slug)):
        product.save(force_insert=force_insert, update_fields=update_fields)
    require_room_for_text(product.seller_id)


def _check_slug(product: Product, images: Sequence[Image]) -> None:
    """Refuse an address that buyers would take for an image that is not in the product."""
    named = Image.objects.occupying().filter(namespace=product.namespace_id, name=product.slug)
    other = named.exclude(pk__in=[image.pk for image in images]).first()
    if other is not None:
        raise SlugNamesAnotherImage(repository=other.repository)


def _put_in(product: Product, images: Sequence[Image]) -> None:
    ProductImage.objects.bulk_create(
        ProductImage(product=product, image=image, owner_id=product.seller_id, position=position) for position, image in enumerate(images)
    )
    index_product(product)
    _draw_after_commit(product)


def _draw_after_commit(product: Product) -> None:
    queue_after_commit("marketplace.draw_cover_of_product", str(product.pk))
