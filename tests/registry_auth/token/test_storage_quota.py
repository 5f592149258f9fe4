"""A seller who stores as much as they may: the next push is refused with a sentence, pulls go on, and room lets pushes through again."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from common.db.prepared_statements import array_literal
from common.text import MEGABYTE
from marketplace.images.models import Manifest, StoredBlob
from marketplace.images.oci import MANIFEST
from marketplace.images.selectors.storage import Storage, storage_of
from marketplace.images.services.manifests import ManifestDescription, describe_manifest, record_push, remove_manifest
from registry_auth.token.writes import OBSTACLES, STORAGE_PATH
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory, digest_of
from tests.registry_auth.conftest import access_of
from tests.registry_auth.token.conftest import pull_of, push_of

pytestmark = pytest.mark.django_db
SENTENCE = (
    "your images take 2.0 MB of the 1.0 MB that you may store, so nothing more can be pushed;"
    " http://layerstore.test:8080/selling/ says what to do"
)


@pytest.fixture
def full(image, settings):
    settings.LAYERSTORE_MEGABYTES_PER_SELLER = 1
    pushed = record_push(repository=image.repository, digest=digest_of("one"), media_type=MANIFEST, size=1, tag="1", at=timezone.now())
    assert pushed is not None
    blobs = {digest_of("layer"): 2_000_000}
    describe_manifest(manifest=pushed, description=ManifestDescription(kind=Manifest.Kind.IMAGE, size=1, blobs=blobs))
    return image


def test_a_push_is_refused_with_what_is_used_and_what_may_be(ask, post, full, seller):
    refused = ask(seller, push_of(full))
    by_form = post(grant_type="password", username=seller.user.username, password=seller.secret, scope=push_of(full))

    assert (refused.status_code, refused.json()["errors"]) == (403, [{"code": "DENIED", "message": SENTENCE, "detail": None}])
    assert (by_form.status_code, by_form.json()["error"], by_form.json()["error_description"]) == (403, "invalid_scope", SENTENCE)
    assert StoredBlob.objects.count() == 1


def test_every_image_of_the_seller_is_measured_together_and_nobody_elses(ask, full, seller):
    beside = ImageFactory(namespace=full.namespace)
    other = ImageFactory()

    assert ask(seller, push_of(beside)).status_code == 403
    assert ask(seller, pull_of(full), push_of(beside)).status_code == 403
    assert access_of(ask(AccessTokenFactory(user=other.owner.user), push_of(other))) == {other.repository: ["pull", "push"]}


def test_pulls_and_logins_go_on(ask, full, seller, buyer):
    assert access_of(ask(seller, pull_of(full))) == {full.repository: ["pull"]}
    assert access_of(ask(buyer, pull_of(full))) == {full.repository: ["pull"]}
    assert access_of(ask(seller)) == {}


def test_somebody_who_may_not_push_learns_nothing_of_it(ask, full, buyer):
    assert access_of(ask(buyer, push_of(full))) == {full.repository: ["pull"]}
    assert access_of(ask(AccessTokenFactory(), push_of(full))) == {}


def test_a_manifest_less_or_a_larger_quota_gives_room_again(ask, full, seller):
    SellerProfile.objects.filter(pk=full.owner_id).update(storage_quota=3_000_000)
    assert access_of(ask(seller, push_of(full))) == {full.repository: ["pull", "push"]}
    SellerProfile.objects.filter(pk=full.owner_id).update(storage_quota=None)
    assert ask(seller, push_of(full)).status_code == 403

    remove_manifest(repository=full.repository, digest=digest_of("one"))

    assert access_of(ask(seller, push_of(full))) == {full.repository: ["pull", "push"]}


def test_a_push_is_measured_as_the_sellers_page_says(full, settings):
    SellerProfile.objects.filter(pk=full.owner_id).update(storage_quota=3_000_000)
    beside, other = ImageFactory(namespace=full.namespace), ImageFactory()
    names = [full.repository, beside.repository, other.repository, "no/body"]

    rows = OBSTACLES.rows(array_literal(names), settings.LAYERSTORE_MEGABYTES_PER_SELLER * MEGABYTE)

    measured = {repository: Storage(used, quota) for _, _, repository, used, quota in rows}
    assert measured == {image.repository: storage_of(image.owner_id) for image in (full, beside, other)}


def test_a_thousand_manifests_that_share_twenty_thousand_layers_cost_one_index(image):
    for owner in (image.owner_id, ImageFactory().owner_id):
        StoredBlob.objects.bulk_create(
            StoredBlob(owner_id=owner, digest=digest_of(f"blob {number}"), size=number, uses=1_000) for number in range(20_000)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_storedblob")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")  # as in the token process

    ((*_, used, _),) = OBSTACLES.rows(array_literal([image.repository]), 1)

    assert used == sum(range(20_000))
    assert "Index Only Scan using stored_blob_sizes" in OBSTACLES.plan(array_literal([image.repository]), 1)


def test_the_page_that_is_named_is_the_sellers():
    assert reverse("marketplace:dashboard", urlconf="config.urls") == STORAGE_PATH
