"""A seller gives an image that was added to those who have bought a product before, whatever brought it to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from audit.models import AuditEvent
from billing.orders.models import Order
from common.db.errors import LockTimeout
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.entitlements.services.grants import resume_entitlements, revoke_entitlements
from marketplace.growth import services
from marketplace.growth.errors import NobodyToReach, NotPublished, ReachingAlready
from marketplace.growth.models import Growth
from marketplace.growth.selectors import owners_lacking, reach_of
from marketplace.growth.services import MOST_ROUNDS, grow_products, reach_earlier_buyers
from marketplace.growth.tasks import grow_products as job
from marketplace.images.errors import NotYours, SellerIsSuspended
from marketplace.images.models import Image
from marketplace.products.models import Product, ProductImage
from marketplace.updates.services import subscribe_to_updates
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import (
    EditionFactory,
    EntitlementFactory,
    GiftFactory,
    ImageFactory,
    ProductFactory,
    PushedImageFactory,
)

pytestmark = pytest.mark.django_db
SOON = timezone.now() + timedelta(days=3)


@pytest.fixture
def product(db: None) -> Product:
    made: Product = ProductFactory()
    return made


@pytest.fixture
def seller(product: Product) -> User:
    return person_of(product.seller)


def grow(product: Product, factory: Any = PushedImageFactory) -> Image:
    """Add an image to a product, as its editor does."""
    image: Image = factory(namespace=product.namespace)
    ProductImage.objects.create(product=product, image=image, owner_id=product.seller_id, position=product.product_images.count())
    return image


def has(image: Image, source_id: Any) -> Entitlement | None:
    return Entitlement.objects.filter(image=image, source_id=source_id).first()


def bought(product: Product, **values: Any) -> Order:
    order: Order = PaidOrderFactory(product=product, **values)
    return order


def subscribed(product: Product) -> Any:
    subscription = SubscriptionFactory(product=product)
    EntitlementFactory(holder=subscription.buyer, image=product.images.get(), source_kind="subscribed", source_id=subscription.pk)
    return subscription.pk


def obtained(product: Product) -> Any:
    EntitlementFactory(image=product.images.get(), source_kind="free", source_id=product.pk)
    return product.pk


OWNERS: dict[str, Callable[[Product], Any]] = {
    "who has bought it": lambda product: bought(product).pk,
    "an organisation": lambda product: bought(product, buyer=MembershipFactory(role="owner").account).pk,
    "who subscribes to it": subscribed,
    "who got it for free": obtained,
    "to whom its seller gave it": lambda product: GiftFactory(product=product, claimed=True).source_id,
}


@pytest.mark.parametrize("who", OWNERS)
def test_everybody_who_has_the_product_gets_the_image_of_the_same_source_and_loses_it_with_it(
    product: Product, seller: User, who: str
) -> None:
    source_id, stranger = OWNERS[who](product), bought(ProductFactory())
    image = grow(product)

    reach_earlier_buyers(product=product, image=image, actor=seller)
    assert (job(), grow_products()) == (1, 0)

    given = has(image, source_id)
    assert given is not None
    assert (given.in_force, given.holder) == (True, Entitlement.objects.filter(source_id=source_id).exclude(image=image).get().holder)
    assert has(image, stranger.pk) is None
    image.refresh_from_db()
    assert image.first_sold_at is not None
    revoke_entitlements(source_kind=Entitlement.Source(given.source_kind), source_id=source_id, reason="Refunded.")
    given.refresh_from_db()
    assert given.revoked_at is not None


def test_the_trail_says_who_asked_and_how_many_got_it(product: Product, seller: User) -> None:
    for _ in range(3):
        bought(product)
    image = grow(product)

    growth = reach_earlier_buyers(product=product, image=image, actor=seller)
    grow_products()

    growth.refresh_from_db()
    assert (growth.given, growth.given_at is not None, growth.done_at is not None) == (3, True, True)
    assert str(growth) == f"{image} to buyers of {product}"
    trail = AuditEvent.objects.filter(action__in=("product.reached_earlier_buyers", "product.grown")).order_by("pk")
    assert [(event.actor_id, event.details) for event in trail] == [
        (seller.pk, {"image": image.repository}),
        (None, {"image": image.repository, "given": 3}),
    ]


LEFT_OUT: dict[str, Callable[[Order, Image], Any]] = {
    "ended": lambda _, __: Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="Refunded."),
    "given until before now": lambda _, __: Entitlement.objects.update(ends_at=timezone.now()),
    "with the image": lambda order, image: EntitlementFactory(holder=order.buyer, image=image, source_id=order.pk),
    "from whom it was taken": lambda order, image: EntitlementFactory(holder=order.buyer, image=image, source_id=order.pk, revoked=True),
}


@pytest.mark.parametrize("who", LEFT_OUT)
def test_a_purchase_that_is_over_or_had_the_image_gets_none(product: Product, seller: User, who: str) -> None:
    order, image = bought(product), grow(product)
    LEFT_OUT[who](order, image)
    before = Entitlement.objects.count()

    with pytest.raises(NobodyToReach):
        reach_earlier_buyers(product=product, image=image, actor=seller)

    assert (Growth.objects.count(), AuditEvent.objects.filter(action="product.reached_earlier_buyers").count()) == (0, 0)
    assert Entitlement.objects.count() == before


def test_what_was_revoked_or_given_meanwhile_is_not_given(product: Product) -> None:
    order, image = bought(product), grow(product)
    what: dict[str, Any] = {"holder_id": order.buyer_id, "source_kind": "order", "source_id": order.pk, "image": image}

    assert [extend_entitlements(**what) for _ in range(2)] == [1, 0]
    Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="Refunded.")
    assert extend_entitlements(**what | {"image": grow(product)}) == 0

    assert Entitlement.objects.filter(source_id=order.pk).count() == 2


def test_it_is_paused_and_for_a_time_as_the_rest_is(product: Product, seller: User) -> None:
    disputed, timed = bought(product), bought(product)
    Entitlement.objects.filter(source_id=disputed.pk).update(suspended_at=timezone.now())
    Entitlement.objects.filter(source_id=timed.pk).update(ends_at=SOON)
    image = grow(product)

    reach_earlier_buyers(product=product, image=image, actor=seller)
    grow_products()

    paused, for_a_time = has(image, disputed.pk), has(image, timed.pk)
    assert paused is not None
    assert for_a_time is not None
    assert (paused.in_force, for_a_time.ends_at, for_a_time.in_force) == (False, SOON, True)
    resume_entitlements(source_kind=Entitlement.Source.ORDER, source_id=disputed.pk)
    paused.refresh_from_db()
    assert paused.in_force


def test_gifts_that_nobody_has_claimed_give_it_too(product: Product, seller: User) -> None:
    gift, other = GiftFactory(product=product), GiftFactory()
    image = grow(product)
    assert reach_of(product).lacking == [image]

    reach_earlier_buyers(product=product, image=image, actor=seller)
    grow_products()

    assert set(gift.images.all()) == set(product.images.all())
    assert image not in other.images.all()


def test_many_are_reached_in_batches_and_a_run_that_is_cut_off_goes_on(
    product: Product, seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [bought(product) for _ in range(5)]
    monkeypatch.setattr(services, "BATCH", 2)
    monkeypatch.setattr(services, "MOST_BATCHES", 2)
    image = grow(product)
    growth = reach_earlier_buyers(product=product, image=image, actor=seller)

    assert grow_products() == 4
    growth.refresh_from_db()
    assert (growth.given, growth.given_at) == (4, None)
    assert grow_products() == 1

    growth.refresh_from_db()
    assert (growth.given, growth.done_at is not None) == (5, True)
    assert Entitlement.objects.filter(image=image).count() == len(orders)


def test_one_that_is_locked_stops_nobody_and_is_met_again(product: Product, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = bought(product), bought(product)
    image = grow(product)
    growth = reach_earlier_buyers(product=product, image=image, actor=seller)

    def sometimes(**values: Any) -> int:
        if values["source_id"] == slow.pk:
            raise LockTimeout
        return extend_entitlements(**values)

    monkeypatch.setattr(services, "extend_entitlements", sometimes)
    assert grow_products() == 1
    growth.refresh_from_db()
    assert (has(image, slow.pk), growth.given_at, growth.rounds) == (None, None, 1)

    monkeypatch.undo()
    assert grow_products() == 1
    growth.refresh_from_db()
    assert (has(image, slow.pk) is not None, has(image, quick.pk) is not None, growth.given_at is not None) == (True, True, True)


def test_who_can_never_be_given_it_does_not_keep_it_going(product: Product, seller: User) -> None:
    bought(product)
    image = grow(product, ImageFactory)
    growth = reach_earlier_buyers(product=product, image=image, actor=seller)
    Image.objects.filter(pk=image.pk).update(freed_at=timezone.now(), ended_at=timezone.now(), end_kind=Image.End.RELEASED)
    Growth.objects.update(rounds=MOST_ROUNDS - 1)

    assert grow_products() == 0

    growth.refresh_from_db()
    assert (growth.given, growth.done_at is not None) == (0, True)


def test_who_wants_mail_about_the_product_is_told_once(product: Product, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    keen, quiet, part = bought(product), bought(product), UserFactory()
    EntitlementFactory(holder=part.account, image=product.images.get())  # has it otherwise, so is not given the new one
    member = MembershipFactory(account=MembershipFactory(role="owner").account, role="member").user
    team = bought(product, buyer=member.memberships.get().account)
    payer = MembershipFactory(account=team.buyer, role="billing").user  # does not pull what the team holds
    EntitlementFactory(holder=payer.account, image=product.images.get())
    for reader in (keen.placed_by, part, member, payer):
        subscribe_to_updates(product=product, user=reader)
    image = grow(product)

    reach_earlier_buyers(product=product, image=image, actor=seller)
    grow_products()
    grow_products()

    mails = OutgoingMail.objects.filter(key__startswith="grown:")
    assert set(mails.values_list("to", flat=True)) == {keen.placed_by.email, member.email}
    assert has(image, team.pk) is not None
    assert quiet.placed_by.email not in mails.values_list("to", flat=True)
    body = mails.get(to=keen.placed_by.email)
    assert body.subject == f"{product.title} now contains {image.repository}"


def test_nobody_but_its_owner_decides_it(product: Product) -> None:
    bought(product)
    image = grow(product)
    other = person_of(ProductFactory().seller)

    with pytest.raises(NotYours):
        reach_earlier_buyers(product=product, image=image, actor=other)

    assert not Growth.objects.exists()


def test_what_cannot_grow_is_refused(product: Product, seller: User) -> None:
    bought(product)
    image, foreign = grow(product), PushedImageFactory()

    with pytest.raises(NobodyToReach, match=foreign.repository):
        reach_earlier_buyers(product=product, image=foreign, actor=seller)
    reach_earlier_buyers(product=product, image=image, actor=seller)
    with pytest.raises(ReachingAlready):
        reach_earlier_buyers(product=product, image=image, actor=seller)
    Product.objects.filter(pk=product.pk).update(state=Product.State.WITHDRAWN)
    with pytest.raises(NotPublished):
        reach_earlier_buyers(product=product, image=image, actor=seller)
    product.refresh_from_db()
    assert (Growth.objects.count(), reach_of(product).lacking) == (1, [])
    type(product.seller).objects.filter(pk=product.seller_id).update(suspended_at=timezone.now(), suspension_reason="No.")
    with pytest.raises(SellerIsSuspended):
        reach_earlier_buyers(product=product, image=image, actor=seller)


def test_the_editor_says_who_lacks_what_and_gives_it(product: Product, seller: User) -> None:
    client = Client()
    client.force_login(seller)
    url = f"/selling/products/{product.pk}/"
    bought(product)
    assert "Earlier buyers" not in client.get(url).content.decode()
    image = grow(product)
    page = client.get(url).content.decode()
    assert f'Some who have bought it do not have <span class="mono">{image.repository}</span>.' in page

    said = client.post(f"{url}reach", {"image": str(image.pk)}, follow=True).content.decode()
    assert f"{image.repository} is being given to earlier buyers." in said
    assert "0 have it so far" in said
    assert "is being given to earlier buyers already" in client.post(f"{url}reach", {"image": image.pk}, follow=True).content.decode()
    grow_products()

    assert f'<span class="mono">{image.repository}</span> was given to 1 earlier buyer' in client.get(url).content.decode()
    assert "Nobody who has this product lacks" in client.post(f"{url}reach", {"image": image.pk}, follow=True).content.decode()
    assert [client.post(f"{url}reach", {"image": text}).status_code for text in ("", "x", str(PushedImageFactory().pk))] == [404] * 3


def test_what_was_taken_down_is_neither_offered_nor_given(product: Product, seller: User) -> None:
    bought(product)
    image = grow(product)
    Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    with pytest.raises(NobodyToReach):
        reach_earlier_buyers(product=product, image=image, actor=seller)

    assert (reach_of(product).lacking, Growth.objects.count()) == ([], 0)


def test_the_editor_of_what_is_not_for_sale_says_nothing_of_buyers(product: Product, seller: User) -> None:
    bought(product)
    grow(product)
    product.state = Product.State.DRAFT

    assert (reach_of(product).lacking, reach_of(product).growths) == ([], [])


def test_who_bought_an_edition_keeps_what_it_held(product: Product, seller: User) -> None:
    edition = EditionFactory(product=product)
    bought(product, price=edition.prices.get())
    image = grow(product)
    product = Product.objects.get(pk=product.pk)

    with pytest.raises(NobodyToReach):
        reach_earlier_buyers(product=product, image=image, actor=seller)

    assert reach_of(product).lacking == []
    assert not owners_lacking(product.pk, image.pk).exists()
    assert not Growth.objects.exists()
