"""Rows are locked in one order, which is written once and held at run time."""

import re
from collections.abc import Callable

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from pytest_django import DjangoDbBlocker

from accounts.people.locks import lock_user
from accounts.people.models import User
from accounts.sellers.locks import lock_seller
from common.db.locking import locked
from common.db.models import JobLease
from config.lock_order import LOCK_ORDER
from marketplace.images.locks import lock_image, lock_images
from marketplace.images.models import Image
from marketplace.products.locks import lock_product
from tests.factories.marketplace import ProductFactory, PushedImageFactory
from tests.support.database import around_the_tests
from tests.support.lock_order import LockedOutOfOrder


def test_the_documentation_gives_the_same_order() -> None:
    text = (settings.BASE_DIR / "docs/architecture.md").read_text()
    written = re.search(r"\*\*One lock order\*\*: (.+?)\. Several", text, re.DOTALL)

    assert written is not None
    assert re.sub(r"\s+", " ", written[1]).split(" → ") == [label.rpartition(".")[2] for label in LOCK_ORDER]


@pytest.mark.parametrize("label", LOCK_ORDER)
def test_each_noun_of_the_order_is_a_table(label: str) -> None:
    assert apps.get_model(label)._meta.label == label


@pytest.mark.django_db
def test_a_lock_on_a_noun_that_stands_before_one_already_locked_is_refused() -> None:
    product = ProductFactory()
    image = product.images.get()

    with transaction.atomic():
        lock_product(product_id=product.pk)
        with pytest.raises(LockedOutOfOrder, match=r"marketplace\.Image is locked after marketplace\.Product"):
            lock_image(image_id=image.pk)


@pytest.mark.django_db
def test_savepoints_belong_to_the_transaction_around_them() -> None:
    product = ProductFactory()
    image = product.images.get()

    with transaction.atomic():
        with transaction.atomic():
            lock_product(product_id=product.pk)
        with pytest.raises(LockedOutOfOrder), transaction.atomic():
            lock_image(image_id=image.pk)


def _together(image: Image, other: Image, user: User) -> None:
    lock_image(image_id=image.pk)
    lock_image(image_id=other.pk)


def _again(image: Image, other: Image, user: User) -> None:
    lock_images(image_ids=[image.pk, other.pk])
    lock_user(user_id=user.pk)
    lock_image(image_id=other.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "take", [pytest.param(_together, id="several of one noun"), pytest.param(_again, id="a row that is locked already")]
)
def test_what_can_make_nobody_wait_in_a_circle_is_let_through(take: Callable[[Image, Image, User], None]) -> None:
    image, other = PushedImageFactory.create_batch(2)

    with transaction.atomic():
        take(image, other, image.owner.user)


@pytest.mark.django_db
def test_a_row_of_a_noun_that_is_locked_already_must_be_one_of_those_rows() -> None:
    image, other = PushedImageFactory.create_batch(2)

    with transaction.atomic():
        lock_image(image_id=image.pk)
        lock_user(user_id=image.owner.user.pk)
        with pytest.raises(LockedOutOfOrder):
            lock_image(image_id=other.pk)


@pytest.mark.django_db
def test_another_transaction_begins_anew() -> None:
    product = ProductFactory()
    image = product.images.get()

    with transaction.atomic():
        lock_product(product_id=product.pk)
    with transaction.atomic():
        lock_seller(account_id=product.seller_id)
        lock_image(image_id=image.pk)


@pytest.mark.django_db
def test_what_the_tests_of_a_module_share_lies_in_no_transaction_of_the_shop(django_db_blocker: DjangoDbBlocker) -> None:
    product = ProductFactory()
    image = product.images.get()

    with around_the_tests(django_db_blocker):
        with transaction.atomic():
            lock_product(product_id=product.pk)
        with transaction.atomic():
            lock_image(image_id=image.pk)


@pytest.mark.django_db
def test_a_row_is_known_again_however_it_is_asked_for() -> None:
    image = PushedImageFactory()
    asked_for = Image.objects.filter(pk=image.pk).values("pk")[:1]

    with transaction.atomic():
        lock_image(image_id=image.pk)
        lock_user(user_id=image.owner.user.pk)
        for key in ({"pk": image.pk}, {"pk__in": [image.pk]}, {"pk": asked_for}, {"pk__in": asked_for}):
            assert [row.pk for row in locked(Image.objects.filter(**key))] == [image.pk]


@pytest.mark.django_db
def test_a_noun_without_a_place_in_the_order_is_not_locked() -> None:
    with transaction.atomic(), pytest.raises(LockedOutOfOrder, match=r"common\.JobLease is locked, but stands in no order"):
        locked(JobLease.objects.filter(name="job"))


@pytest.mark.django_db
def test_a_whole_table_is_not_locked() -> None:
    with transaction.atomic(), pytest.raises(LockedOutOfOrder, match=r"All of accounts\.User"):
        locked(User.objects.all())


def test_only_locked_locks_rows() -> None:
    shop = ("accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth")
    spelled = {
        file.relative_to(settings.BASE_DIR).as_posix()
        for app in shop
        for file in (settings.BASE_DIR / app).rglob("*.py")
        if re.search(r"select_for_update|FOR (NO KEY )?UPDATE\b.*[\"']", file.read_text())
    }

    assert spelled == {"common/db/locking.py"}
