"""Where a refused pull is sent to buy: the policy's query and the checkout agree on what can be had."""

import pytest
from django.utils import timezone

from marketplace.entitlements.policy import Subject, access_facts
from marketplace.images.models import Image, Tag
from marketplace.products.models import Product
from marketplace.products.selectors.offers import offered_price
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, NamespaceFactory, ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


def sold_at(image, subject: Subject | None = None) -> str:
    return access_facts(subject=subject or Subject.anonymous(), repositories=[image.repository])[image.repository].sold_at


def bundle() -> Product:
    namespace = NamespaceFactory()
    return ProductFactory(namespace=namespace, images=PushedImageFactory.create_batch(2, namespace=namespace))


def update(row, **how) -> None:
    type(row).objects.filter(pk=row.pk).update(**how)


CHANGES = {
    "as it should be": lambda product: product.refresh_from_db(),
    "draft": lambda product: update(product, state=Product.State.DRAFT),
    "withdrawn": lambda product: update(product, state=Product.State.WITHDRAWN),
    "suspended": lambda product: update(product, state=Product.State.SUSPENDED, suspension_reason="Wrong."),
    "without a price": lambda product: product.prices.update(retired_at=timezone.now()),
    "seller suspended": lambda product: update(product.seller, suspended_at=timezone.now(), suspension_reason="Fraud."),
    "seller without payments": lambda product: update(product.seller, charges_enabled=False),
    "seller without payouts": lambda product: update(product.seller, payouts_enabled=False),
    "seller without Stripe": lambda product: update(product.seller, stripe_account_id=None),
    "image taken down": lambda product: update(product.images.first(), taken_down_at=timezone.now(), take_down_reason="Malware."),
    "the other image taken down": lambda product: update(product.images.last(), taken_down_at=timezone.now(), take_down_reason="Malware."),
    "the other image ended": lambda product: update(product.images.last(), ended_at=timezone.now(), end_kind=Image.End.RELEASED),
    "nothing left to pull in the other image": lambda product: Tag.objects.filter(image=product.images.last()).delete(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_names_a_product_exactly_while_the_checkout_takes_it(change):
    product = bundle()
    image = product.images.first()

    CHANGES[change](product)

    expected = f"/{product.namespace.name}/{product.slug}" if offered_price(Product.objects.get(pk=product.pk)) else ""
    assert sold_at(image) == expected
    assert (expected != "") == (change == "as it should be")


def test_the_cheapest_of_several_products_is_named():
    dear = ProductFactory(price__amount=900)
    cheap = ProductFactory(namespace=dear.namespace, images=[dear.images.get()], price__amount=300)

    assert sold_at(dear.images.get()) == f"/{cheap.namespace.name}/{cheap.slug}"


def test_owner_and_holder_are_sent_nowhere():
    product = ProductFactory()
    image = product.images.get()
    holder = EntitlementFactory(image=image).holder.user

    assert [sold_at(image, Subject.of(user)) for user in (product.seller.account.user, holder)] == ["", ""]
    assert sold_at(image, Subject.of(UserFactory())) != ""
