import pytest
from django.utils import timezone

from accounts.people.errors import EmailNotVerified
from audit.errors import ReasonMissing
from common.ids import new_id
from marketplace.entitlements.errors import OwnProduct, ProductNotFree
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.entitlements.selectors import holders_among
from marketplace.entitlements.services.grants import (
    grant_entitlements,
    obtain_free_product,
    resume_entitlements,
    revoke_entitlements,
    suspend_entitlements,
)
from marketplace.images.errors import ImageNameFree
from marketplace.images.models import Image, Tag
from marketplace.images.services.take_downs import take_down_image
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from marketplace.products.selectors.offers import current_price, offered_price
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    ProductFactory,
    PushedImageFactory,
    expired_days_ago,
)

pytestmark = pytest.mark.django_db

ORDER = Entitlement.Source.ORDER


def rows():
    return list(Entitlement.objects.values().order_by("pk"))


def may_pull(holder, image):
    allowed = allowed_actions(subject=Subject(account_ids=(holder.pk,)), repositories=[image.repository])
    return Action.PULL in allowed[image.repository]


@pytest.fixture
def buyer():
    return UserFactory().account


def test_a_grant_lets_its_holder_pull_and_keeps_the_name_for_good(buyer):
    images = PushedImageFactory.create_batch(2)
    order = new_id()

    granted = grant_entitlements(holder=buyer, images=images, source_kind=ORDER, source_id=order)

    assert {entitlement.image for entitlement in granted} == set(images)
    assert all(may_pull(buyer, image) for image in images)
    assert Image.objects.filter(first_sold_at__isnull=True).count() == 0


def test_the_same_grant_again_changes_nothing(buyer):
    images = PushedImageFactory.create_batch(2)
    order = new_id()
    first = grant_entitlements(holder=buyer, images=images, source_kind=ORDER, source_id=order)
    before, sold = rows(), list(Image.objects.values_list("first_sold_at", flat=True))

    assert grant_entitlements(holder=buyer, images=images, source_kind=ORDER, source_id=order) == first

    assert rows() == before
    assert list(Image.objects.values_list("first_sold_at", flat=True)) == sold


def test_two_sources_are_two_entitlements_on_one_image(buyer):
    image = PushedImageFactory()
    bundle, alone = new_id(), new_id()
    grant_entitlements(holder=buyer, images=[image, PushedImageFactory()], source_kind=ORDER, source_id=bundle)
    grant_entitlements(holder=buyer, images=[image], source_kind=ORDER, source_id=alone)

    revoked = revoke_entitlements(source_kind=ORDER, source_id=bundle, reason="Refunded.")

    assert len(revoked) == 2
    assert may_pull(buyer, image)
    assert [may_pull(buyer, entitlement.image) for entitlement in revoked if entitlement.image != image] == [False]


def test_nothing_is_granted_on_a_name_that_is_free_again(buyer):
    freed = ImageFactory(**expired_days_ago(1), freed_at=timezone.now())

    with pytest.raises(ImageNameFree):
        grant_entitlements(holder=buyer, images=[PushedImageFactory(), freed], source_kind=ORDER, source_id=new_id())

    assert rows() == []
    assert Image.objects.filter(first_sold_at__isnull=False).count() == 0


def test_a_revocation_is_for_good_and_says_why():
    entitlement = EntitlementFactory()
    other = EntitlementFactory(image=entitlement.image)

    revoke_entitlements(source_kind=ORDER, source_id=entitlement.source_id, reason="Refunded.")
    assert revoke_entitlements(source_kind=ORDER, source_id=entitlement.source_id, reason="Again.") == []
    assert resume_entitlements(source_kind=ORDER, source_id=entitlement.source_id) == []
    assert suspend_entitlements(source_kind=ORDER, source_id=entitlement.source_id) == []

    entitlement.refresh_from_db()
    assert entitlement.revocation_reason == "Refunded."
    assert entitlement.revoked_at is not None
    assert entitlement.suspended_at is None
    assert not may_pull(entitlement.holder, entitlement.image)
    assert may_pull(other.holder, other.image)


def test_a_revocation_without_a_reason_revokes_nothing():
    entitlement = EntitlementFactory()

    with pytest.raises(ReasonMissing):
        revoke_entitlements(source_kind=ORDER, source_id=entitlement.source_id, reason="")

    assert may_pull(entitlement.holder, entitlement.image)


def test_the_kind_of_a_source_counts_as_much_as_its_id():
    entitlement = EntitlementFactory()

    assert revoke_entitlements(source_kind=Entitlement.Source.FREE, source_id=entitlement.source_id, reason="x") == []
    assert may_pull(entitlement.holder, entitlement.image)


def test_a_suspension_pauses_and_a_resumption_restores():
    entitlement = EntitlementFactory()
    source = {"source_kind": ORDER, "source_id": entitlement.source_id}

    assert suspend_entitlements(**source) == [entitlement]
    paused_at = Entitlement.objects.get().suspended_at
    assert suspend_entitlements(**source) == []
    assert Entitlement.objects.get().suspended_at == paused_at
    assert not may_pull(entitlement.holder, entitlement.image)
    grant_entitlements(holder=entitlement.holder, images=[entitlement.image], **source)
    assert not may_pull(entitlement.holder, entitlement.image)  # a late webhook ends no dispute

    assert resume_entitlements(**source) == [entitlement]
    assert resume_entitlements(**source) == []
    assert may_pull(entitlement.holder, entitlement.image)


def test_a_free_product_stays_in_the_library_when_it_gets_a_price():
    product, user = FreeProductFactory(), UserFactory()

    granted = obtain_free_product(product=product, user=user)

    assert [(one.image, one.source_kind, one.source_id) for one in granted] == [(product.images.get(), "free", product.pk)]
    assert obtain_free_product(product=product, user=user) == granted
    product.prices.update(retired_at=timezone.now())
    Product.objects.update(state=Product.State.WITHDRAWN)
    assert may_pull(user.account, granted[0].image)
    assert holders_among([user.account.pk], product).in_force == {user.account.pk}


def refused(refusal, product, user):
    before = rows()
    with pytest.raises(refusal):
        obtain_free_product(product=product, user=user)
    assert rows() == before


def test_a_free_product_is_refused_to_its_seller_and_without_a_verified_address():
    product = FreeProductFactory()

    refused(OwnProduct, product, product.seller.account.user)
    refused(EmailNotVerified, product, UserFactory(verified=False))


def test_a_product_with_a_price_is_not_had_for_free():
    refused(ProductNotFree, ProductFactory(), UserFactory())


@pytest.mark.parametrize("state", ["draft", "withdrawn", "suspended", "no price", "seller suspended", "taken down", "ended", "emptied"])
def test_what_is_not_on_offer_cannot_be_had(state):
    product = FreeProductFactory(suspension_reason="Wrong.")
    if state in Product.State.values:
        product.state = state
        product.save()
    if state == "no price":
        product.prices.update(retired_at=timezone.now())
        assert current_price(product) is None
    if state == "seller suspended":
        product.seller.suspended_at, product.seller.suspension_reason = timezone.now(), "Fraud."
        product.seller.save()
    if state == "taken down":
        take_down_image(image=product.images.get(), reason="Malware.", actor=UserFactory(staff=True))
    if state == "ended":
        product.images.update(ended_at=timezone.now(), end_kind=Image.End.RELEASED)
    if state == "emptied":
        Tag.objects.filter(image__in=product.images.all()).delete()

    assert offered_price(product) is None
    refused(ProductNotOffered, product, UserFactory())


def test_a_bundle_is_held_only_as_a_whole(buyer):
    product = ProductFactory()
    one = product.images.get()
    other = PushedImageFactory(namespace=product.namespace)
    product.product_images.create(image=other, owner=product.seller, position=1)
    EntitlementFactory(holder=buyer, image=one)
    assert holders_among([buyer.pk], product).in_force == set()

    second = EntitlementFactory(holder=buyer, image=other)
    assert holders_among([buyer.pk], product).in_force == {buyer.pk}

    suspend_entitlements(source_kind=ORDER, source_id=second.source_id)
    assert holders_among([buyer.pk], product).in_force == set()
    assert holders_among([buyer.pk], ProductFactory(images=[])).in_force == set()
