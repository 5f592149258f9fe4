"""Pictures of products. We re-encode them, so that nothing of an uploaded file but its pixels reaches a reader."""

import struct
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import ImageField
from django.utils.translation import gettext
from PIL import Image as Pillow
from PIL import ImageOps

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.ids import new_id
from marketplace.images.ownership import require_editor
from marketplace.products.colours import to_srgb
from marketplace.products.errors import InvalidProduct, PictureGone, PictureRefused, TooManyPictures
from marketplace.products.locks import lock_product
from marketplace.products.models import Product, ProductPicture
from marketplace.products.services.limits import require_room_for_picture

MOST_PICTURES = 8
MOST_BYTES = 10 * 1024 * 1024
_MOST_PIXELS = 40_000_000  # a good camera's; opened, it takes 160 MB at most
_LONGEST_EDGE = 1_600
MOST_TIMES = 5  # as long as wide, or as wide as long: what is longer is a line where pictures stand side by side
_HARD_EDGED = {"1", "P"}  # modes that are scaled without blending colours
_LONGEST_ALT = 200
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)
_FORMATS = ("PNG", "JPEG", "WEBP")  # formats of pixels; SVG is a program


def add_picture(*, product: Product, upload: "File[bytes]", alt: str, actor: User) -> ProductPicture:
    """Add a picture after the product's others: re-encoded as WebP in sRGB, at most 1,600 pixels wide and high, without metadata.

    Args:
        alt: what it shows, for people who cannot see it.

    Raises:
        NotYours, RoleNotEnough: the actor does not edit for its seller.
        InvalidProduct: `alt` is missing or too long.
        PictureRefused: it is not a PNG, JPEG or WebP, or it is broken, too large or too long for its width; says which.
        TooManyPictures: the product has as many as it may have.
        NoMoreRoom: the seller's products together have as many as they may have.
    """
    require_editor(actor, product.seller_id)
    if not alt.strip() or len(alt) > _LONGEST_ALT:
        raise InvalidProduct(
            field="alt", sentence=gettext("Say in at most {longest} characters what the picture shows.").format(longest=_LONGEST_ALT)
        )
    encoded = _reencode(upload)
    name = f"products/{new_id().hex}.webp"
    name = _field().storage.save(name, ContentFile(encoded.data))  # before the lock, for it may ask a bucket
    try:
        return _add_row(product, alt=alt.strip(), actor=actor, file=name, width=encoded.width, height=encoded.height)
    except BaseException:
        _field().storage.delete(name)
        raise


def _add_row(product: Product, *, alt: str, actor: User, file: str, width: int, height: int) -> ProductPicture:
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        positions = list(locked.pictures.values_list("position", flat=True))
        if len(positions) >= MOST_PICTURES:
            raise TooManyPictures(most=MOST_PICTURES)
        require_room_for_picture(locked.seller_id)
        position = max(positions, default=-1) + 1
        picture = ProductPicture.objects.create(product=locked, alt=alt, position=position, file=file, width=width, height=height)
        record_audit(actor=actor, action="product.picture_added", target=locked)
    return picture


def remove_picture(*, picture: ProductPicture, actor: User) -> None:
    """Remove the picture from its product, and delete its file once the transaction has committed.

    Raises:
        NotYours, RoleNotEnough: the actor does not edit for its seller.
    """
    require_editor(actor, picture.product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=picture.product_id)
        deleted, _ = ProductPicture.objects.filter(pk=picture.pk).delete()
        if deleted:
            record_audit(actor=actor, action="product.picture_removed", target=locked)
        # A file that stays, for its storage is away, is nobody's any more: no reason to tell that the picture was not removed.
        transaction.on_commit(lambda: picture.file.delete(save=False), robust=True)


def move_picture(*, picture: ProductPicture, to: int, actor: User) -> int:
    """Move a picture to another place among its product's, and return the place it has now; the others keep their order.

    Args:
        to: 0 is the first place; what lies beyond the ends means the end.

    Raises:
        NotYours: the product is somebody else's.
        PictureGone: it was removed meanwhile.
    """
    require_editor(actor, picture.product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=picture.product_id)
        pictures = list(locked.pictures.all())
        if picture not in pictures:
            raise PictureGone
        before = [one.pk for one in pictures]
        pictures.remove(picture)
        place = min(max(to, 0), len(pictures))
        pictures.insert(place, picture)
        for position, one in enumerate(pictures):
            one.position = position
        ProductPicture.objects.bulk_update(pictures, ["position"])
        if before != [one.pk for one in pictures]:
            record_audit(actor=actor, action="product.pictures_ordered", target=locked)
    return place


def _field() -> ImageField:
    return ProductPicture._meta.get_field("file")


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A WebP file, and its size in pixels."""

    data: bytes
    width: int
    height: int


def _reencode(upload: "File[bytes]") -> _Encoded:
    """Return the pixels of an upload as a fresh WebP file."""
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PictureRefused(gettext("Choose a file of at most {megabytes} MB.").format(megabytes=MOST_BYTES // 1024**2))
    try:
        return _encode(Pillow.open(BytesIO(data), formats=_FORMATS))
    except (*_BROKEN, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        # Everything that Pillow raises for files of other types, truncated files and malicious ones.
        raise PictureRefused(gettext("We cannot read this picture. Choose a PNG, JPEG or WebP file.")) from error


def _encode(picture: Pillow.Image) -> _Encoded:
    if picture.width * picture.height > _MOST_PIXELS:
        raise PictureRefused(gettext("Choose a picture of at most {megapixels} megapixels.").format(megapixels=_MOST_PIXELS // 1000000))
    if max(picture.size) > MOST_TIMES * min(picture.size):
        raise PictureRefused(gettext("Choose a picture of which no side is longer than {times} times the other.").format(times=MOST_TIMES))
    colours = "RGBA" if picture.has_transparency_data else "RGB"
    small = picture.convert(colours) if picture.mode in _HARD_EDGED else picture
    small.thumbnail((_LONGEST_EDGE, _LONGEST_EDGE))  # first, because each later step copies the picture: 160 MB at full size
    drawn = to_srgb(ImageOps.exif_transpose(small))
    out = BytesIO()
    drawn.info.clear()  # WebP would write EXIF, XMP and colour profile from here
    drawn.save(out, format="WEBP", quality=85, method=4)
    return _Encoded(out.getvalue(), *drawn.size)
