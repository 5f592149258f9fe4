from collections import Counter

import pytest
from django.db import transaction

from accounts.sellers.locks import lock_seller
from common.db.errors import LockTimeout
from common.ids import new_id
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import (
    grant_entitlements,
    obtain_free_product,
    resume_entitlements,
    revoke_entitlements,
    suspend_entitlements,
)
from marketplace.images.errors import ImageOnSale
from marketplace.images.models import Image
from marketplace.images.services.reservations import release_image
from marketplace.products.errors import ProductNotReady, ProductStateConflict
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import offered_price
from marketplace.products.services.editing import set_images
from marketplace.products.services.prices import set_price
from marketplace.products.services.publishing import publish_product, withdraw_product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
)
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = Entitlement.Source.ORDER


def test_twenty_grants_of_one_order_at_once_leave_one_entitlement_an_image():
    images, buyer, order = PushedImageFactory.create_batch(3), UserFactory().account, new_id()

    def grant(number):
        mixed = images[number % 3 :] + images[: number % 3]  # whatever the order they are named in
        return grant_entitlements(holder=buyer, images=mixed, source_kind=ORDER, source_id=order)

    outcomes = run_in_threads(20, grant)

    assert Entitlement.objects.count() == 3
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_twenty_clicks_on_get_it_put_a_product_into_the_library_once():
    product, user = FreeProductFactory(), UserFactory()

    outcomes = run_in_threads(20, lambda: obtain_free_product(product=product, user=user))

    assert Entitlement.objects.count() == 1
    assert {outcome[0].pk for outcome in outcomes} == {Entitlement.objects.get().pk}


def test_a_bundle_is_put_together_while_somebody_holds_its_seller():
    # Who buys locks the seller, then the images; who puts a bundle together holds the images and writes rows that refer to the seller.
    product = ProductFactory()
    seller = product.seller

    with transaction.atomic():
        lock_seller(account_id=seller.pk)
        outcomes = run_in_threads(1, lambda: set_images(product=product, images=list(product.images.all()), actor=seller.account.user))

    assert outcomes == [product]


def test_many_buyers_of_overlapping_bundles_do_not_deadlock():
    namespace = NamespaceFactory()
    images = [PushedImageFactory(namespace=namespace) for _ in range(4)]
    bundles = [
        FreeProductFactory(namespace=namespace, images=images[:3]),
        FreeProductFactory(namespace=namespace, images=images[:0:-1]),
    ]
    users = UserFactory.create_batch(16)

    outcomes = run_in_threads(16, lambda number: obtain_free_product(product=bundles[number % 2], user=users[number]))

    assert [len(outcome) for outcome in outcomes] == [3] * 16
    assert Entitlement.objects.count() == 48


def test_a_refund_and_a_dispute_at_once_end_in_a_revocation():
    entitlement = EntitlementFactory()
    source = {"source_kind": ORDER, "source_id": entitlement.source_id}
    acts = [
        lambda: revoke_entitlements(**source, reason="Refunded."),
        lambda: suspend_entitlements(**source),
        lambda: resume_entitlements(**source),
    ]

    outcomes = run_in_threads(12, lambda number: acts[number % 3]())

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Entitlement.objects.get().revoked_at is not None


def test_twenty_new_prices_at_once_leave_one_current():
    product = ProductFactory()
    owner = product.seller.account.user

    outcomes = run_in_threads(20, lambda number: set_price(product=product, money=Money(1_000 + number, "eur"), actor=owner))

    assert Counter(type(outcome) for outcome in outcomes) == {Price: 20}
    assert product.prices.count() == 21
    assert product.prices.current().count() == 1


def test_a_double_click_on_publish_publishes_once():
    product = DraftProductFactory()
    owner = product.seller.account.user

    outcomes = run_in_threads(10, lambda: publish_product(product=product, actor=owner))

    assert Counter(type(outcome) for outcome in outcomes) == {Product: 1, ProductStateConflict: 9}


def test_an_image_is_given_up_or_published_but_never_both():
    for _ in range(8):
        product = DraftProductFactory()
        image, owner = product.images.get(), product.seller.account.user
        acts = [lambda: publish_product(product=product, actor=owner), lambda: release_image(image=image, reason="", actor=owner)]  # noqa: B023  used up within its round

        outcomes = run_in_threads(2, lambda number: acts[number]())  # noqa: B023  called before the loop goes on

        assert Counter(type(outcome) for outcome in outcomes) in ({Product: 1, ImageOnSale: 1}, {Image: 1, ProductNotReady: 1})
        image.refresh_from_db()
        assert image.is_live == (offered_price(product) is not None)


def test_a_product_that_is_withdrawn_or_changed_meanwhile_is_had_as_a_whole_or_not_at_all():
    for _ in range(6):
        product = FreeProductFactory()
        owner, user = product.seller.account.user, UserFactory()
        old = product.images.get()
        new = PushedImageFactory(namespace=product.namespace)
        acts = [
            lambda: obtain_free_product(product=product, user=user),  # noqa: B023  called before the loop goes on
            lambda: set_images(product=product, images=[new, old], actor=owner),  # noqa: B023  used up within its round
            lambda: withdraw_product(product=product, actor=owner),  # noqa: B023  used up within its round
        ]

        outcomes = run_in_threads(3, lambda number: acts[number]())  # noqa: B023  used up within its round

        held = set(Entitlement.objects.filter(holder=user.account).values_list("image", flat=True))
        assert held in (set(), {old.pk}, {old.pk, new.pk})
        assert (held == set()) == isinstance(outcomes[0], Exception)
        assert not isinstance(outcomes[2], Exception) or isinstance(outcomes[2], LockTimeout)
