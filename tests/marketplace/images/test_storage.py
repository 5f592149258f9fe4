"""What sellers store: each blob once for a seller, whatever is pushed, described again and removed in whatever order."""

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import change_storage_quota
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.models import Image, Manifest, StoredBlob
from marketplace.images.oci import MANIFEST
from marketplace.images.selectors.storage import Storage, known_blobs, storage_of
from marketplace.images.services.manifests import ManifestDescription, describe_manifest, record_push, remove_manifest
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, NamespaceFactory, digest_of
from tests.marketplace.conftest import client_of
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db


def push(image: Image, name: str, blobs: Mapping[str, int]) -> Manifest:
    """Push and describe a manifest of these blobs, by name."""
    pushed = record_push(repository=image.repository, digest=digest_of(name), media_type=MANIFEST, size=1, tag=None, at=timezone.now())
    assert pushed is not None
    sizes = {digest_of(blob): size for blob, size in blobs.items()}
    describe_manifest(manifest=pushed, description=ManifestDescription(kind=Manifest.Kind.IMAGE, size=1, blobs=sizes))
    return pushed


def used(image: Image) -> int:
    return storage_of(image.owner_id).used


@pytest.fixture
def image() -> Image:
    return ImageFactory()


@pytest.fixture
def beside(image) -> Image:
    """Another image of the same seller."""
    return ImageFactory(namespace=image.namespace)


def test_what_images_of_a_seller_share_counts_once_and_another_sellers_copy_for_itself(image, beside):
    other = ImageFactory()
    push(image, "one", {"base": 100, "own": 10})
    push(beside, "two", {"base": 100, "own too": 1})
    push(other, "three", {"base": 100})

    assert (used(image), used(beside), used(other)) == (111, 111, 100)


def test_a_manifest_that_is_described_again_counts_once(image):
    pushed = push(image, "one", {"base": 100})

    push(image, "one", {"base": 100})
    describe_manifest(manifest=pushed, description=ManifestDescription(kind=Manifest.Kind.IMAGE, size=1))

    assert used(image) == 100
    blob = StoredBlob.objects.get()
    assert (blob.uses, str(blob)) == (1, blob.digest)


def test_removing_a_manifest_gives_room_for_what_nothing_else_needs(image, beside):
    push(image, "one", {"base": 100, "own": 10})
    push(beside, "two", {"base": 100})

    remove_manifest(repository=image.repository, digest=digest_of("one"))
    assert used(image) == 100
    remove_manifest(repository=image.repository, digest=digest_of("one"))
    assert used(image) == 100
    remove_manifest(repository=beside.repository, digest=digest_of("two"))

    assert (used(image), StoredBlob.objects.count()) == (0, 0)


def test_a_manifest_that_was_never_described_counts_nothing_and_leaves_nothing(image):
    record_push(repository=image.repository, digest=digest_of("one"), media_type=MANIFEST, size=5, tag="1", at=timezone.now())

    remove_manifest(repository=image.repository, digest=digest_of("one"))

    assert used(image) == 0


@pytest.mark.parametrize("seed", range(4))
def test_after_any_sequence_the_sum_is_what_a_recount_of_the_manifests_says(seed):
    dice = random.Random(seed)
    sellers = [NamespaceFactory() for _ in range(2)]
    images = [ImageFactory(namespace=namespace) for namespace in sellers for _ in range(2)]
    sizes = {f"layer {number}": dice.randrange(1, 1_000) for number in range(6)}
    there: dict[tuple[Image, str], dict[str, int]] = {}
    contents = [{layer: sizes[layer] for layer in dice.sample(sorted(sizes), dice.randrange(1, 6))} for _ in range(5)]

    for _ in range(60):
        image, content = dice.choice(images), dice.randrange(5)
        if dice.random() < 0.6:
            push(image, f"manifest {content}", contents[content])
            there[image, f"manifest {content}"] = contents[content]
        else:
            remove_manifest(repository=image.repository, digest=digest_of(f"manifest {content}"))
            there.pop((image, f"manifest {content}"), None)

        for namespace in sellers:
            own = [blobs for (of, _), blobs in there.items() if of.owner_id == namespace.owner_id]
            assert storage_of(namespace.owner_id).used == sum({layer: size for blobs in own for layer, size in blobs.items()}.values())


@pytest.mark.django_db(transaction=True)
def test_pushes_of_one_seller_at_once_count_what_they_share_once():
    namespace = NamespaceFactory()
    images = [ImageFactory(namespace=namespace) for _ in range(4)]
    shared = {f"layer {number}": 10 for number in range(20)}

    run_in_threads(4, lambda number: push(images[number], f"manifest {number}", {**shared, f"own {number}": 1}))

    assert storage_of(namespace.owner_id).used == 204
    assert set(StoredBlob.objects.filter(size=10).values_list("uses", flat=True)) == {4}
    run_in_threads(4, lambda number: remove_manifest(repository=images[number].repository, digest=digest_of(f"manifest {number}")))
    assert StoredBlob.objects.count() == 0


def test_known_sizes_are_those_of_the_seller(image):
    push(image, "one", {"base": 100})

    assert known_blobs(owner_id=image.owner_id, digests=[digest_of("base"), digest_of("new")]) == {digest_of("base"): 100}
    assert known_blobs(owner_id=ImageFactory().owner_id, digests=[digest_of("base")]) == {}


@pytest.mark.parametrize(
    ("used", "quota", "percent", "full"), [(0, 10, 0, False), (999, 1_000, 99, False), (10, 10, 100, True), (5, 0, 100, True)]
)
def test_it_is_full_when_the_quota_is_used_up(used, quota, percent, full):
    assert (Storage(used, quota).percent, Storage(used, quota).is_full) == (percent, full)


class TestQuota:
    def test_it_is_the_shops_unless_staff_gave_another_one_with_a_reason(self, image, settings):
        settings.LAYERSTORE_MEGABYTES_PER_SELLER = 7
        staff, seller = UserFactory(staff=True), SellerProfile.objects.get(pk=image.owner_id)
        assert storage_of(image.owner_id).quota == 7_000_000

        change_storage_quota(seller=seller, megabytes=9, reason="They asked.", actor=staff)

        assert storage_of(image.owner_id).quota == 9_000_000
        event = AuditEvent.objects.get(action="seller.storage_quota_changed")
        assert (event.reason, event.details) == ("They asked.", {"before": None, "after": 9_000_000})
        change_storage_quota(seller=seller, megabytes=None, reason="No longer.", actor=staff)
        assert storage_of(image.owner_id).quota == 7_000_000

    def test_without_a_reason_nothing_changes(self, image):
        seller = SellerProfile.objects.get(pk=image.owner_id)

        with pytest.raises(ReasonMissing):
            change_storage_quota(seller=seller, megabytes=9, reason=" ", actor=UserFactory(staff=True))

        seller.refresh_from_db()
        assert seller.storage_quota is None

    def test_the_act_of_staff_takes_megabytes(self, image, client):
        client.force_login(UserFactory(staff=True, is_superuser=True))
        values = {"action": "change_quota", "_selected_action": [image.owner_id], "act_confirmed": "1", "reason": "They asked."}

        refused = client.post("/admin/accounts/sellerprofile/", {**values, "megabytes": "-1"})
        client.post("/admin/accounts/sellerprofile/", {**values, "megabytes": "12"})

        assert refused.status_code == 400
        assert SellerProfile.objects.get(pk=image.owner_id).storage_quota == 12_000_000


class TestPagesAndApi:
    @pytest.fixture
    def seller(self, image, client):
        client.force_login(image.owner.user)
        return client

    def test_the_sellers_page_shows_a_bar(self, image, seller, settings):
        settings.LAYERSTORE_MEGABYTES_PER_SELLER = 10
        push(image, "one", {"base": 2_500_000})

        page = seller.get("/selling/").content.decode()

        assert "2.5 MB of 10.0 MB" in page
        assert 'aria-label="25 % used"><rect width="25"' in page
        assert "Nothing more can be pushed" not in page

    def test_it_says_when_nothing_more_can_be_pushed(self, image, seller, settings):
        settings.LAYERSTORE_MEGABYTES_PER_SELLER = 1
        push(image, "one", {"base": 1_000_000})

        assert "Nothing more can be pushed" in seller.get("/selling/").content.decode()

    def test_the_api_tells_bytes_of_whoever_asks(self, image):
        push(image, "one", {"base": 100})
        push(ImageFactory(), "two", {"base": 5_000})

        assert client_of(image.owner.user).get("/api/v1/storage/").json() == {"used": 100, "quota": 50_000_000_000}

    def test_the_schema_says_that_it_is_one_and_no_list(self):
        schema = SchemaGenerator().get_schema(request=None, public=True)

        answer = schema["paths"]["/api/v1/storage/"]["get"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Storage"}


def test_a_push_that_is_older_than_all_this_counts_when_it_is_described_again(image):
    old = push(image, "one", {})
    assert (used(image), old.blobs) == (0, None)
    Manifest.objects.filter(pk=old.pk).update(described_at=timezone.now() - timedelta(days=1))

    push(image, "one", {"base": 100})

    assert used(image) == 100
