"""Who pays late gets back all that the subscription gives, and nothing that was taken from them."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.orders.owners import late_subscribers
from billing.payments.periods import given_image_ids
from billing.renewals import reconcile
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.services import end_lapsed_access
from billing.stripe.subscriptions import read_subscription
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.growth.errors import NobodyToReach
from marketplace.growth.models import Growth
from marketplace.growth.selectors import reach_of
from marketplace.growth.services import grow_products, reach_earlier_buyers
from marketplace.images.models import Image
from tests.billing.conftest import person_of
from tests.billing.renewals.test_subscriptions import first, monthly, renew, sandbox_process, subscription
from tests.factories.billing import SubscriptionFactory
from tests.factories.marketplace import EditionFactory, EntitlementFactory, ImageFactory, PushedImageFactory
from tests.marketplace.growth.test_growth import grow
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def the_sweep_asks(sandbox: Sandbox, subscription: Subscription) -> None:
    reconcile_subscription(subscription_id=subscription.pk)


def the_next_period_is_paid(sandbox: Sandbox, subscription: Subscription) -> None:
    renew(sandbox, subscription)
    for period in reversed(read_subscription(subscription.stripe_subscription_id).periods):
        reconcile._take_period(subscription, period)


@pytest.mark.parametrize("happens", [the_sweep_asks, the_next_period_is_paid])
def test_who_pays_late_gets_back_all_that_the_subscription_has_given_but_what_was_taken_from_them(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]], happens: Callable[..., None]
) -> None:
    sold = holds(buyer)
    grown, taken = PushedImageFactory.create_batch(2, namespace=subscription.product.namespace)
    for image in (grown, taken):
        extend_entitlements(holder_id=buyer.account.pk, source_kind="subscribed", source_id=subscription.pk, image=image)
    Entitlement.objects.filter(image=taken).update(revoked_at=timezone.now(), revocation_reason="Abuse.")
    Subscription.objects.update(access_until=timezone.now())
    assert (end_lapsed_access(), holds(buyer)) == (1, [])

    happens(sandbox, subscription)

    assert holds(buyer) == sorted([*sold, grown.repository])
    assert Entitlement.objects.get(image=taken).revocation_reason == "Abuse."


@pytest.fixture
def lapsed(subscription: Subscription) -> Subscription:
    """It is paid late, so nothing can be pulled by it at this moment."""
    Subscription.objects.update(access_until=timezone.now())
    assert end_lapsed_access() == 1
    return subscription


@pytest.mark.parametrize("happens", [the_sweep_asks, the_next_period_is_paid])
def test_who_pays_late_gets_what_the_product_grew_by_meanwhile(
    lapsed: Subscription,
    sandbox: Sandbox,
    buyer: User,
    seller: SellerProfile,
    holds: Callable[..., list[str]],
    happens: Callable[..., None],
) -> None:
    sold = lapsed.product.images.get()
    EntitlementFactory(image=sold, source_kind="free", source_id=lapsed.product_id)  # somebody else, who lacks it
    image = grow(lapsed.product)
    reach_earlier_buyers(product=lapsed.product, image=image, actor=person_of(seller))
    assert (grow_products(), holds(buyer)) == (1, [])

    happens(sandbox, lapsed)

    assert holds(buyer) == sorted([sold.repository, image.repository])


@pytest.mark.parametrize("happens", [the_sweep_asks, the_next_period_is_paid])
def test_a_product_grows_for_late_payers_alone(
    lapsed: Subscription,
    sandbox: Sandbox,
    buyer: User,
    seller: SellerProfile,
    holds: Callable[..., list[str]],
    happens: Callable[..., None],
) -> None:
    product, sold = lapsed.product, lapsed.product.images.get()
    image = grow(product)
    assert reach_of(product).lacking == [image]

    growth = reach_earlier_buyers(product=product, image=image, actor=person_of(seller))
    assert (grow_products(), holds(buyer), reach_of(product).lacking) == (0, [], [])
    growth.refresh_from_db()
    assert (growth.given, growth.done_at is not None) == (0, True)
    with pytest.raises(NobodyToReach):
        reach_earlier_buyers(product=product, image=image, actor=person_of(seller))

    happens(sandbox, lapsed)

    assert holds(buyer) == sorted([sold.repository, image.repository])


NOT_LATE: dict[str, dict[str, object]] = {
    "has ended": {"state": "ended", "ended_at": timezone.now(), "access_until": None},
    "is being ended": {"end_wanted_at": timezone.now(), "access_until": None},
    "has the image": {"access_until": None},
    "was taken from": {"access_until": None},
}


@pytest.mark.parametrize("who", NOT_LATE)
def test_nobody_is_late_who_is_not_to_get_it(who: str) -> None:
    subscription = SubscriptionFactory(**NOT_LATE[who])
    image = grow(subscription.product)
    if who in ("has the image", "was taken from"):
        EntitlementFactory(image=image, source_kind="subscribed", source_id=subscription.pk, revoked=who == "was taken from")

    assert image not in reach_of(subscription.product).lacking
    assert not late_subscribers(subscription.product_id, image.pk).exists()


def test_a_subscription_to_an_edition_is_not_late_for_what_its_product_grows_by() -> None:
    edition = EditionFactory(price__interval="month")
    SubscriptionFactory(product=edition.product, price=edition.prices.get(), access_until=None)

    image = grow(edition.product)

    assert (reach_of(edition.product).lacking, list(late_subscribers(edition.product_id, image.pk))) == ([], [])


def test_what_grew_before_it_began_or_for_others_or_is_free_again_is_not_given_with_a_subscription() -> None:
    def grown(subscription: Subscription, **values: object) -> tuple[UUID, set[UUID]]:
        made = Growth.objects.create(
            product=subscription.product, image=grow(subscription.product, ImageFactory), asked_by=person_of(subscription.seller), **values
        )
        return made.image_id, given_image_ids(subscription.pk)

    whole = SubscriptionFactory()
    edition = EditionFactory(price__interval="month")
    of_edition = SubscriptionFactory(product=edition.product, price=edition.prices.get())
    before = whole.created_at - timedelta(seconds=1)

    assert (grown(whole, created_at=before)[1], grown(of_edition)[1], grown(SubscriptionFactory())[1] == set()) == (set(), set(), False)
    image_id, given = grown(whole)
    assert given == {image_id}
    Image.objects.filter(pk=image_id).update(
        freed_at=timezone.now(), ended_at=timezone.now(), end_kind="expired", end_reason="Nothing was pushed."
    )
    assert given_image_ids(whole.pk) == set()


def test_a_sold_image_that_was_taken_from_one_subscriber_stays_taken(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="Abuse.")

    the_sweep_asks(sandbox, subscription)
    the_next_period_is_paid(sandbox, subscription)

    assert (holds(buyer), Entitlement.objects.get().revocation_reason) == ([], "Abuse.")
