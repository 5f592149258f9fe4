"""The database is the last guard: what no service would do is tried in SQL."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Price, Product, ProductImage
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    expired_days_ago,
)

pytestmark = pytest.mark.django_db


def refused(constraint, act):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        act()
        connection.check_constraints()  # foreign keys of Django's own are deferred
    assert getattr(refusal.value.__cause__, "diag").constraint_name == constraint  # noqa: B009  psycopg2's, unknown to the types


def test_an_image_of_somebody_else_in_a_product():
    product, foreign = ProductFactory(), PushedImageFactory()

    def as_if_owned_by_the_seller():
        ProductImage.objects.create(product=product, image=foreign, owner=product.seller)

    def as_if_owned_by_the_other():
        ProductImage.objects.create(product=product, image=foreign, owner=foreign.owner.seller)

    refused("product_image_owner_is_image_owner", as_if_owned_by_the_seller)
    refused("product_image_owner_is_seller", as_if_owned_by_the_other)
    assert product.images.count() == 1


def test_an_image_that_changes_hands_under_its_product():
    product, other = ProductFactory(), NamespaceFactory()
    image, unsold = product.images.get(), ImageFactory()

    refused("image_owner_is_namespace_owner", lambda: Image.objects.filter(pk=unsold.pk).update(owner=other.owner))
    refused("image_owner_is_namespace_owner", lambda: Image.objects.filter(pk=image.pk).update(namespace=other))
    refused("product_image_owner_is_image_owner", lambda: Image.objects.filter(pk=image.pk).update(namespace=other, owner=other.owner))


def test_a_namespace_that_changes_hands_under_its_images_and_products():
    product, other = ProductFactory(), UserFactory()
    namespace = product.namespace

    with pytest.raises(IntegrityError, match=r"image_owner_is_namespace_owner|product_seller_is_namespace_owner"), transaction.atomic():
        Namespace.objects.filter(pk=namespace.pk).update(owner=other.account)


def test_a_product_in_somebody_elses_shop():
    other = NamespaceFactory()
    product = ProductFactory(images=[])

    refused("product_seller_is_namespace_owner", lambda: Product.objects.filter(pk=product.pk).update(namespace=other))
    refused("product_seller_is_namespace_owner", lambda: Product.objects.filter(pk=product.pk).update(seller=other.owner.seller))


def test_a_product_that_changes_hands_with_its_images():
    other = NamespaceFactory()
    product = ProductFactory()

    refused(
        "product_image_owner_is_seller",
        lambda: Product.objects.filter(pk=product.pk).update(namespace=other, seller=other.owner.seller),
    )


@pytest.mark.parametrize("used", ["first_pushed_at", "first_sold_at"])
def test_a_freed_name_that_was_pushed_or_sold(used):
    image = ImageFactory(**expired_days_ago(1), **{used: timezone.now()})

    refused("image_freed_only_if_never_pushed_or_sold", lambda: Image.objects.filter(pk=image.pk).update(freed_at=timezone.now()))


def test_a_live_name_that_is_freed():
    image = ImageFactory()

    refused("image_freed_only_if_never_pushed_or_sold", lambda: Image.objects.filter(pk=image.pk).update(freed_at=timezone.now()))


def test_two_live_images_of_one_name():
    image = ImageFactory()

    refused("image_name_unique", lambda: ImageFactory(namespace=image.namespace, name=image.name))


def test_an_end_without_its_kind_and_a_take_down_without_a_reason():
    image = ImageFactory()

    refused("image_end_has_a_kind", lambda: Image.objects.filter(pk=image.pk).update(ended_at=timezone.now()))
    refused("image_take_down_has_a_reason", lambda: Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now()))


@pytest.mark.parametrize("name", ["UPPER", "a..b", "-a", "a/b", "", "ä", "a\nb"])
def test_a_namespace_outside_the_grammar(name):
    refused("namespace_name_grammar", lambda: NamespaceFactory(name=name))


@pytest.mark.parametrize(
    "change",
    [{"amount": 1}, {"currency": "usd"}, {"kind": "recurring"}, {"suggested": 900}, {"interval": "month"}, {"created_at": timezone.now()}],
    ids=lambda change: next(iter(change)),
)
def test_a_price_that_changes(change):
    product = ProductFactory()

    refused("price_never_changes", lambda: Price.objects.update(**change))
    assert product.prices.get().amount == 500


def test_a_price_that_moves_to_another_product_or_comes_back():
    product, other = ProductFactory(), ProductFactory(price=False)

    refused("price_never_changes", lambda: Price.objects.filter(product=product).update(product=other))
    product.prices.update(retired_at=timezone.now())
    refused("price_never_changes", lambda: Price.objects.filter(product=product).update(retired_at=None))


def test_two_current_prices():
    product = ProductFactory()

    refused("price_one_current_of_edition", lambda: Price.objects.create(product=product, amount=1, currency="eur", leading=False))
    refused("price_one_leading_of_edition", lambda: Price.objects.create(product=product, amount=1, currency="usd"))


@pytest.mark.parametrize("terms", [{"amount": 0}, {"amount": 500, "kind": "pwyw"}], ids=["free", "buyers decide"])
def test_a_price_by_the_month_that_nobody_can_be_charged(terms):
    product = ProductFactory(price=False)

    refused("price_of_interval_is_charged", lambda: Price.objects.create(product=product, currency="eur", interval="month", **terms))


def test_a_live_entitlement_twice_and_a_revocation_without_a_reason():
    entitlement = EntitlementFactory()
    same = {"holder": entitlement.holder, "image": entitlement.image, "source_id": entitlement.source_id}

    refused("entitlement_live_unique", lambda: EntitlementFactory(**same))
    refused("entitlement_revocation_has_a_reason", lambda: Entitlement.objects.update(revoked_at=timezone.now()))
    assert Entitlement.objects.count() == 1


def test_a_published_product_without_a_date_and_a_suspended_one_without_a_reason():
    product = ProductFactory()

    refused("product_published_has_a_date", lambda: Product.objects.filter(pk=product.pk).update(published_at=None))
    refused("product_suspension_has_a_reason", lambda: Product.objects.filter(pk=product.pk).update(state="suspended"))
