"""An image in a library has the name of the product that brought it, whatever else sells the same image."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Namespace
from marketplace.library.selectors import library_of
from marketplace.products.models import Product
from tests.factories.billing import PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    GiftFactory,
    ProductFactory,
    PushedImageFactory,
    TrialFactory,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(namespace: Namespace) -> list[Image]:
    made: list[Image] = PushedImageFactory.create_batch(3, namespace=namespace)
    return made


@pytest.fixture
def plans(namespace: Namespace, images: list[Image]) -> Product:
    """What is had; `other` sells one of its images alone, which a guess would take."""
    product: Product = ProductFactory(namespace=namespace, images=images, title="Two plans", trial_days=14)
    return product


@pytest.fixture
def other(namespace: Namespace, images: list[Image]) -> Product:
    product: Product = ProductFactory(namespace=namespace, images=images[2:], title="Changed title")
    return product


def bought(plans: Product, member: User) -> None:
    PaidOrderFactory(product=plans, placed_by=member)


def subscribed(plans: Product, member: User) -> None:
    subscription = SubscriptionFactory(product=plans, placed_by=member)
    for image in plans.images.all():
        EntitlementFactory(holder=member.account, image=image, source_kind="subscribed", source_id=subscription.pk)


def tried(plans: Product, member: User) -> None:
    TrialFactory(product=plans, user=member)


def given(plans: Product, member: User) -> None:
    GiftFactory(product=plans, claimed=True, claimed_by=member)


def bought_as_a_gift(plans: Product, member: User) -> None:
    order = PaidOrderFactory(product=plans)
    Entitlement.objects.all().delete()
    GiftFactory(product=plans, source_kind="order", source_id=order.pk, reason="", claimed=True, claimed_by=member)


def got_for_free(plans: Product, member: User) -> None:
    for image in plans.images.all():
        EntitlementFactory(holder=member.account, image=image, source_kind="free", source_id=plans.pk)


SOURCES = (bought, subscribed, tried, given, bought_as_a_gift, got_for_free)


@pytest.mark.parametrize("get", SOURCES)
def test_an_image_is_named_after_the_product_that_brought_it(
    member: User, plans: Product, other: Product, get: Callable[[Product, User], None]
) -> None:
    get(plans, member)

    entries = library_of(member)

    assert [(entry.product, entry.title, entry.url) for entry in entries] == [
        (plans, "Two plans", f"/{plans.namespace.name}/{plans.slug}")
    ] * 3


def test_queries_do_not_grow_with_what_was_had_of_each_source(member_client: Client, member: User) -> None:
    counts = []
    for _ in range(2):
        for get in (bought, subscribed, tried, given, got_for_free):
            get(ProductFactory(trial_days=14), member)
        with CaptureQueriesContext(connection) as queries:
            member_client.get("/library/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_trial_leads_to_what_is_tried(member_client: Client, member: User, plans: Product, other: Product) -> None:
    tried(plans, member)

    html = member_client.get("/library/").content.decode()

    assert html.count(f'<a href="/{plans.namespace.name}/{plans.slug}">Buy it to keep it</a>') == 3
    assert f"/{other.namespace.name}/{other.slug}" not in html


def test_a_source_that_names_no_product_is_named_after_one_that_offers_the_image(
    member: User, plans: Product, other: Product, images: list[Image]
) -> None:
    for image in images[1:]:
        EntitlementFactory(holder=member.account, image=image, source_kind="staff")

    assert {(entry.image, entry.title) for entry in library_of(member)} == {(images[1], "Two plans"), (images[2], "Changed title")}


def test_two_products_that_brought_different_images_each_name_their_own(
    member: User, namespace: Namespace, plans: Product, images: list[Image]
) -> None:
    late = FreeProductFactory(namespace=namespace, images=images[:1], title="Late")
    EntitlementFactory(holder=member.account, image=images[0], source_kind="free", source_id=late.pk)
    EntitlementFactory(holder=member.account, image=images[1], source_kind="free", source_id=plans.pk)

    assert {(entry.image, entry.title) for entry in library_of(member)} == {(images[0], "Late"), (images[1], "Two plans")}


def test_no_longer_sold_is_said_of_the_product_that_is_named_alone(
    member_client: Client, member: User, plans: Product, other: Product, images: list[Image]
) -> None:
    for image in images[1:]:
        EntitlementFactory(holder=member.account, image=image, source_kind="staff")
    Product.objects.filter(pk=plans.pk).update(state="withdrawn")

    html = member_client.get("/library/").content.decode()

    assert {(entry.title, entry.withdrawn, bool(entry.url)) for entry in library_of(member)} == {
        ("Two plans", True, False),
        ("Changed title", False, True),
    }
    assert html.count("No longer sold") == 1


@pytest.mark.parametrize("get", SOURCES)
def test_what_was_had_of_a_withdrawn_product_keeps_its_name(
    member_client: Client, member: User, plans: Product, other: Product, get: Callable[[Product, User], None]
) -> None:
    get(plans, member)
    Product.objects.filter(pk=plans.pk).update(state="withdrawn")

    response = member_client.get("/library/")

    assert_sound(response)
    assert [(entry.title, entry.withdrawn, entry.url) for entry in response.context["entries"]] == [("Two plans", True, "")] * 3
    assert response.content.decode().count("No longer sold") == 3


def suspended(plans: Product) -> None:
    Product.objects.filter(pk=plans.pk).update(state="suspended", suspension_reason="Stolen.")


def of_a_suspended_seller(plans: Product) -> None:
    SellerProfile.objects.filter(pk=plans.seller_id).update(suspended_at=timezone.now(), suspension_reason="Stolen.")


@pytest.mark.parametrize("stop", [suspended, of_a_suspended_seller])
def test_a_product_that_staff_stopped_is_named_without_a_link(
    member_client: Client, member: User, plans: Product, other: Product, stop: Callable[[Product], None]
) -> None:
    bought(plans, member)
    stop(plans)

    response = member_client.get("/library/")

    assert [(entry.title, entry.withdrawn, entry.url) for entry in response.context["entries"]] == [("Two plans", False, "")] * 3
    assert "No longer sold" not in response.content.decode()


def test_an_image_that_left_its_product_has_its_name_and_offers_no_mail_about_it(
    member_client: Client, member: User, plans: Product, images: list[Image]
) -> None:
    bought(plans, member)
    plans.product_images.filter(image=images[0]).delete()

    response = member_client.get("/library/")

    assert [entry.title for entry in response.context["entries"]] == ["Two plans"] * 3
    assert response.content.decode().count("Mail me new versions") == 2
