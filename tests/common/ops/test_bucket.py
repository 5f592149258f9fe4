"""Pictures in a bucket: moto's server stands for S3."""

import logging
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from common.ops.bucket import BUCKETS, BucketAway, BucketStorage
from marketplace.products.errors import TooManyPictures
from marketplace.products.models import ProductPicture
from marketplace.products.services.pictures import MOST_PICTURES, add_picture, remove_picture
from tests.factories.marketplace import ProductFactory
from tools.bench.mock_aws import REGION, SETTINGS, MockAWS

BUCKET = "pictures"


@pytest.fixture(scope="module")
def aws() -> Iterator[MockAWS]:
    with MockAWS() as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(aws: MockAWS, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a machine at AWS tells boto3 by itself."""
    for name, value in (SETTINGS | {"AWS_ENDPOINT_URL_S3": aws.url}).items():
        monkeypatch.setenv(name, value)
    yield
    BUCKETS.close()


@pytest.fixture
def bucket() -> Iterator[BucketStorage]:
    """An empty private bucket."""
    known = boto3.resource("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield BucketStorage(bucket_name=BUCKET)
    known.objects.all().delete()
    known.delete()


@pytest.fixture
def shop(bucket: BucketStorage, monkeypatch: pytest.MonkeyPatch) -> BucketStorage:
    """A shop whose pictures are in the bucket."""
    monkeypatch.setattr(default_storage, "_wrapped", bucket)
    return bucket


def keys(bucket: BucketStorage) -> list[str]:
    return [each.key for each in bucket.bucket.objects.all()]


def upload() -> SimpleUploadedFile:
    out = BytesIO()
    Pillow.new("RGB", (40, 30), "red").save(out, "PNG")
    return SimpleUploadedFile("red.png", out.getvalue())


def test_a_file_comes_back_under_an_address_of_the_shop_until_it_is_deleted(bucket: BucketStorage) -> None:
    name = bucket.save("products/a.webp", ContentFile(b"webp"))

    with bucket.open(name) as file:
        assert file.read() == b"webp"
    assert bucket.url(name) == "/media/products/a.webp"
    bucket.delete(name)
    with pytest.raises(FileNotFoundError):
        bucket.open(name)


@pytest.mark.django_db
def test_a_picture_is_shown_from_the_bucket_and_removed_with_its_row(
    shop: BucketStorage, django_capture_on_commit_callbacks: object, client: Client
) -> None:
    product = ProductFactory()
    owner = product.seller.account.user
    picture = add_picture(product=product, upload=upload(), alt="A red field.", actor=owner)
    assert (picture.width, picture.height, keys(shop)) == (40, 30, [picture.file.name])
    address = picture.file.url

    shown = client.get(address)

    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert (shown["Cache-Control"], shown["X-Content-Type-Options"]) == ("public, max-age=300", "nosniff")
    assert (shown["Content-Security-Policy"], shown.has_header("Set-Cookie"), shown.has_header("Vary")) == (
        "default-src 'none'; sandbox",
        False,
        False,
    )
    assert Pillow.open(BytesIO(b"".join(shown))).size == (40, 30)

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's fixture is a function
        remove_picture(picture=picture, actor=owner)

    assert (keys(shop), client.get(address).status_code) == ([], 404)
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_a_picture_that_is_refused_leaves_nothing_in_the_bucket(shop: BucketStorage) -> None:
    product = ProductFactory()
    owner = product.seller.account.user
    for position in range(MOST_PICTURES):
        ProductPicture.objects.create(product=product, alt="A red field.", position=position, file="products/x.webp", width=1, height=1)

    with pytest.raises(TooManyPictures):
        add_picture(product=product, upload=upload(), alt="One more.", actor=owner)

    assert (keys(shop), product.pictures.count()) == ([], MOST_PICTURES)


@pytest.mark.django_db
def test_while_the_bucket_is_away_a_picture_is_503_and_a_removed_one_stays_removed(
    shop: BucketStorage, monkeypatch: pytest.MonkeyPatch, client: Client, django_capture_on_commit_callbacks: object
) -> None:
    product = ProductFactory()
    picture = add_picture(product=product, upload=upload(), alt="A red field.", actor=product.seller.account.user)
    asked = away(shop, monkeypatch)

    with pytest.raises(BucketAway):
        add_picture(product=product, upload=upload(), alt="Another.", actor=product.seller.account.user)
    answer = client.get(picture.file.url)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's fixture is a function
        remove_picture(picture=picture, actor=product.seller.account.user)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert len(asked) == 1  # the circuit is open: nobody waits for the bucket again
    assert not ProductPicture.objects.exists()


def away(bucket: BucketStorage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the bucket answer nobody any more; return what it is asked."""
    asked = list[str]()

    def hang(*_: object, **__: object) -> None:
        asked.append("something")
        raise ReadTimeoutError(endpoint_url="https://s3.example")

    client = SimpleNamespace(get_object=hang)
    known = SimpleNamespace(Object=lambda _: SimpleNamespace(upload_fileobj=hang, delete=hang))
    monkeypatch.setattr(BucketStorage, "connection", SimpleNamespace(meta=SimpleNamespace(client=client)))
    monkeypatch.setattr(BucketStorage, "bucket", known)
    return asked


def test_a_bucket_that_refuses_us_is_away_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = BucketStorage(bucket_name="not-ours")

    with pytest.raises(BucketAway):
        nowhere.save("products/a.webp", ContentFile(b"webp"))

    (told,) = [record for record in caplog.records if record.name == "common.ops.bucket"]
    assert (told.levelno, told.message) == (logging.ERROR, "bucket refuses")
    assert "NoSuchBucket" in str(told.exc_info)
