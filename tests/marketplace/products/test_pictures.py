import struct
import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from audit.models import AuditEvent
from marketplace.images.errors import NotYours
from marketplace.products.errors import InvalidProduct, PictureGone, PictureRefused, TooManyPictures
from marketplace.products.models import ProductPicture
from marketplace.products.services import pictures
from marketplace.products.services.pictures import MOST_BYTES, MOST_PICTURES, add_picture, move_picture, remove_picture
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db

SECRET = b"GPS 47.3769 N 8.5417 E"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def product():
    return ProductFactory()


def drawn(kind="PNG", size=(40, 30), mode="RGB", colour="red", **more):
    out = BytesIO()
    Pillow.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


def add(product, data, alt="A red field.", actor=None):
    upload = SimpleUploadedFile("../../evil.php", data, content_type="text/html")
    return add_picture(product=product, upload=upload, alt=alt, actor=actor or product.seller.account.user)


def stored(picture):
    with picture.file.open("rb") as file:
        return file.read()


def refused(refusal, media, product, data, **more):
    trail = AuditEvent.objects.count()
    before = sorted(path for path in media.rglob("*") if path.is_file())
    with pytest.raises(refusal) as error:
        add(product, data, **more)
    assert sorted(path for path in media.rglob("*") if path.is_file()) == before
    assert AuditEvent.objects.count() == trail
    return error.value


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_out_as_webp_under_a_name_of_ours(product, kind):
    picture = add(product, drawn(kind))

    shown = Pillow.open(BytesIO(stored(picture)))
    assert (shown.format, shown.size) == ("WEBP", (40, 30))
    assert (picture.width, picture.height, picture.alt, picture.position) == (40, 30, "A red field.", 0)
    assert picture.file.name.startswith("products/")
    assert picture.file.name.endswith(".webp")
    assert "evil" not in picture.file.name
    assert add(product, drawn(kind)).position == 1


def test_transparency_stays():
    picture = add(ProductFactory(), drawn(mode="RGBA", colour=(255, 0, 0, 90)))

    assert Pillow.open(BytesIO(stored(picture))).mode == "RGBA"


@pytest.mark.parametrize("mode", ["L", "P", "1", "I;16"])
def test_other_kinds_of_pixels_are_read_too(product, mode):
    out = BytesIO()
    Pillow.new(mode, (5, 5)).save(out, "PNG")

    assert add(product, out.getvalue()).width == 5


def test_a_large_picture_is_made_smaller(product):
    picture = add(product, drawn("JPEG", (4_000, 1_000)))

    assert (picture.width, picture.height) == (1_600, 400)


def test_the_largest_picture_is_held_in_memory_once():
    # In a process of its own, whose peak is this picture's. Its pixels take 160 MB.
    program = """
import re, sys
import django
django.setup()
from marketplace.products.services.pictures import _reencode
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
before = peak()
_reencode(sys.stdin.buffer)
print(peak() - before)
"""
    data = drawn(size=(8_000, 5_000))

    grown = subprocess.run([sys.executable, "-c", program], input=data, stdout=subprocess.PIPE, check=True).stdout

    assert int(grown) / 1024 < 300


def test_a_picture_is_turned_upright_and_tells_nothing_of_where_it_was_taken(product):
    exif = Pillow.Exif()
    exif[0x0112] = 6  # orientation: turned by 90°
    exif[0x010E] = SECRET.decode()
    picture = add(product, drawn("JPEG", (40, 30), exif=exif, icc_profile=SECRET, comment=SECRET))

    assert (picture.width, picture.height) == (30, 40)
    assert SECRET not in stored(picture)
    assert Pillow.open(BytesIO(stored(picture))).getexif() == {}


@pytest.mark.parametrize("payload", [b"<script>alert(1)</script>", b"PK\x03\x04 a zip behind it", b"<?php system($_GET[0]); ?>"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_the_pixels_of_a_polyglot_is_kept(product, kind, payload):
    notes = PngInfo()
    notes.add_text("Comment", payload.decode("latin-1"))
    more = {"PNG": {"pnginfo": notes}, "JPEG": {"comment": payload}, "WEBP": {"xmp": payload}}[kind]

    picture = add(product, drawn(kind, **more) + payload)

    assert payload not in stored(picture)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", id="svg"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="html"),
        pytest.param(b"%PDF-1.4", id="pdf"),
        pytest.param(b"GIF89a" + drawn("GIF")[6:], id="gif"),
        pytest.param(drawn("TIFF"), id="tiff"),
        pytest.param(drawn("BMP"), id="bmp"),
        pytest.param(b"<script>" + drawn("PNG"), id="a script in front of a picture"),
        pytest.param(drawn("PNG")[:60], id="cut short"),
        pytest.param(drawn("PNG")[:40] + b"\x00" * 40, id="broken inside"),
        pytest.param(drawn("JPEG")[:200], id="jpeg cut short"),
        pytest.param(drawn("WEBP")[:30], id="webp cut short"),
    ],
)
def test_what_is_no_picture_is_refused(product, media, data):
    assert refused(PictureRefused, media, product, data).status == 422


def png_that_says(width, height):
    """A few bytes that claim to be very many pixels."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [6_400, 10_000, 30_000, 2**31 - 1])
def test_a_decompression_bomb_is_refused_before_a_pixel_is_unpacked(product, media, side, monkeypatch):
    monkeypatch.setattr(Pillow.Image, "convert", lambda *_: pytest.fail("unpacked"))

    refused(PictureRefused, media, product, png_that_says(side, side))


@pytest.mark.parametrize("size", [(10, 51), (51, 10)])
def test_a_picture_longer_than_five_times_its_width_is_refused(product, media, size):
    error = refused(PictureRefused, media, product, drawn(size=size))

    assert error.message == "Choose a picture of which no side is longer than 5 times the other."
    assert add(product, drawn(size=(10, 50))).height == 50


def test_a_file_that_is_too_large_is_refused_unread(product, media, monkeypatch):
    monkeypatch.setattr(pictures, "_encode", lambda _: pytest.fail("opened"))

    assert "10 MB" in refused(PictureRefused, media, product, drawn() + b"\x00" * MOST_BYTES).message


@pytest.mark.parametrize("alt", ["", "  ", "x" * 201])
def test_a_picture_needs_words_for_who_does_not_see_it(product, media, alt):
    assert refused(InvalidProduct, media, product, drawn(), alt=alt).field == "alt"


def test_a_product_shows_eight_pictures_at_most(product, media):
    for _ in range(MOST_PICTURES):
        add(product, drawn())

    refused(TooManyPictures, media, product, drawn())
    assert product.pictures.count() == MOST_PICTURES


def test_nobody_else_adds_or_removes(product, media):
    picture = add(product, drawn())

    refused(NotYours, media, product, drawn(), actor=UserFactory())
    with pytest.raises(NotYours):
        remove_picture(picture=picture, actor=UserFactory(staff=True))

    assert ProductPicture.objects.get() == picture
    assert stored(picture)


def test_a_removed_picture_takes_its_file_along_once_that_is_certain(product, media, django_capture_on_commit_callbacks):
    picture, stays = add(product, drawn()), add(product, drawn())
    owner = product.seller.account.user

    with django_capture_on_commit_callbacks(execute=True):
        remove_picture(picture=picture, actor=owner)
        assert (media / picture.file.name).exists()
    remove_picture(picture=picture, actor=owner)

    assert ProductPicture.objects.get() == stays
    assert [path.name for path in (media / "products").iterdir()] == [stays.file.name.removeprefix("products/")]
    assert AuditEvent.objects.filter(action="product.picture_removed").count() == 1


def pictures_of(product, alts="abc"):
    return [
        ProductPicture.objects.create(product=product, file=f"products/{alt}.webp", width=1, height=1, alt=alt, position=position)
        for position, alt in enumerate(alts)
    ]


@pytest.mark.parametrize(("to", "order"), [(-1, "cab"), (0, "cab"), (1, "acb"), (2, "abc"), (9, "abc")])
def test_a_picture_moves_to_a_place_and_the_others_keep_their_order(product, to, order):
    *_, last = pictures_of(product)

    assert move_picture(picture=last, to=to, actor=product.seller.account.user) == order.index("c")

    assert "".join(product.pictures.values_list("alt", flat=True)) == order
    assert list(product.pictures.values_list("position", flat=True)) == [0, 1, 2]
    assert AuditEvent.objects.filter(action="product.pictures_ordered").count() == (order != "abc")


def test_pictures_with_the_same_number_are_moved_all_the_same(product):
    pictures_of(product)
    ProductPicture.objects.update(position=0)
    first = product.pictures.first()

    move_picture(picture=first, to=2, actor=product.seller.account.user)

    assert list(product.pictures.all())[2] == first


def test_somebody_elses_picture_and_one_that_is_gone_stay_where_they_are(product):
    first, second, _ = pictures_of(product)
    second.delete()
    before = list(ProductPicture.objects.values_list("pk", "position"))

    with pytest.raises(NotYours):
        move_picture(picture=first, to=1, actor=UserFactory())
    gone = ProductPicture(pk=first.pk, product=product)
    ProductPicture.objects.filter(pk=first.pk).delete()
    with pytest.raises(PictureGone):
        move_picture(picture=gone, to=1, actor=product.seller.account.user)

    assert list(ProductPicture.objects.values_list("pk", "position")) == before[1:]
    assert not AuditEvent.objects.filter(action="product.pictures_ordered").exists()
