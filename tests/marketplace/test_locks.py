import threading

import pytest
from django.db import connection, transaction

from common.db import locking
from common.db.errors import LockTimeout
from marketplace.entitlements.locks import lock_entitlements_of_source
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.images.locks import lock_image, lock_images, lock_namespace, lock_occupant
from marketplace.images.models import Image
from marketplace.images.services.reservations import reserve_image
from marketplace.products.locks import lock_product, lock_product_with_images
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import FreeProductFactory, NamespaceFactory, ProductFactory, PushedImageFactory

ALONE = [
    pytest.param(lambda one: lock_namespace(namespace_id=one.namespace_id), id="namespace"),
    pytest.param(lambda one: lock_image(image_id=one.images.get().pk), id="image"),
    pytest.param(lambda one: lock_images(image_ids=[one.images.get().pk]), id="images"),
    pytest.param(lambda one: lock_occupant(repository=one.images.get().repository), id="occupant"),
    pytest.param(lambda one: lock_product(product_id=one.pk), id="product"),
    pytest.param(lambda one: lock_product_with_images(product_id=one.pk), id="product with images"),
    pytest.param(lambda one: lock_entitlements_of_source(source_kind="free", source_id=one.pk), id="entitlements"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", ALONE)
def test_a_lock_that_would_be_gone_at_once_is_refused(lock):
    product = ProductFactory()

    with pytest.raises(RuntimeError, match="transaction"):
        lock(product)


@pytest.mark.django_db
def test_several_images_are_locked_in_the_order_of_their_keys():
    images = PushedImageFactory.create_batch(5)

    with transaction.atomic():
        locked = lock_images(image_ids=[image.pk for image in reversed(images)])

    assert locked == sorted(images, key=lambda image: image.pk)


@pytest.mark.django_db
def test_a_product_whose_images_changed_while_we_waited_is_tried_again_later(monkeypatch):
    product = FreeProductFactory()

    def slow(*, product_id):
        product.product_images.all().delete()
        return lock_product(product_id=product_id)

    monkeypatch.setattr("marketplace.products.locks.lock_product", slow)

    with pytest.raises(LockTimeout):
        obtain_free_product(product=product, user=UserFactory())

    assert product.product_images.count() == 1
    assert not Entitlement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_for_too_long_ends_in_a_retryable_error(monkeypatch):
    monkeypatch.setattr(locking, "LOCK_TIMEOUT_MS", 50)
    namespace = NamespaceFactory()
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            lock_namespace(namespace_id=namespace.pk)
            held.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        with pytest.raises(LockTimeout) as refusal:
            reserve_image(namespace=namespace, name="db", actor=namespace.owner.user)
    finally:
        done.set()
        thread.join()

    assert (refusal.value.status, refusal.value.retry_after) == (503, 5)
    assert not Image.objects.exists()
    assert reserve_image(namespace=namespace, name="db", actor=namespace.owner.user).is_live
    assert not Product.objects.exists()
