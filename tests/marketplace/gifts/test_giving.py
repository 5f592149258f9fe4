"""Sellers give their own products, with a reason, within limits."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from common.errors import DomainError
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.gifts.errors import GiftNotNeeded, GiftOver, NothingToGive, TooManyGifts, TooManyGiftsToAddress
from marketplace.gifts.models import Gift, GiftState
from marketplace.gifts.selectors import find_gift
from marketplace.gifts.services import giving
from marketplace.gifts.services.giving import Giving, give_link, give_to_account
from marketplace.growth.selectors import gifts_lacking, owners_lacking
from marketplace.images.errors import NotYours, RoleNotEnough, SellerIsSuspended
from marketplace.images.models import Image
from marketplace.products.errors import InvalidEdition
from marketplace.products.models import Product, ProductImage
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EditionFactory,
    EntitlementFactory,
    GiftFactory,
    ProductFactory,
    PushedImageFactory,
)

NOW = timezone.now()
WHY = "They test it."


def test_a_link_is_mailed_with_the_message_and_the_end_and_the_reason_stays_here(product: Product, seller: User) -> None:
    wanted = Giving(product, "kim@example.test", "Try <it>.", NOW + timedelta(days=9))

    gift, secret = give_link(giving=wanted, reason=WHY, actor=seller)

    assert find_gift(secret) == gift
    assert (gift.state, gift.source_kind, gift.source_id, list(gift.images.all())) == (
        GiftState.OPEN,
        "seller",
        gift.pk,
        list(product.images.all()),
    )
    assert gift.expires_at == gift.access_ends_at  # it cannot be claimed after its own end
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.origin) == ("kim@example.test", str(product.seller_id))
    assert secret in mail.body_text
    assert "Try <it>." in mail.body_text
    assert WHY not in mail.body_text
    assert (AuditEvent.objects.get().action, AuditEvent.objects.get().reason) == ("gift.given", WHY)
    assert not Entitlement.objects.exists()


def test_a_draft_is_given_to_testers_before_it_is_sold(seller: User, product: Product, friend: User) -> None:
    draft = DraftProductFactory(namespace=product.namespace)

    given = give_to_account(giving=Giving(draft), holder=friend.account, reason=WHY, actor=seller)

    image = draft.images.get()
    assert allowed_actions(subject=Subject.of(friend), repositories=[image.repository])[image.repository] == {Action.PULL}
    assert (given.secret_hash, given.holder, given.state) == (None, friend.account, GiftState.CLAIMED)
    assert [mail.to for mail in OutgoingMail.objects.all()] == [friend.email]
    assert "already" in OutgoingMail.objects.get().body_text


def test_an_organisation_is_given_to_and_its_owners_are_told(product: Product, seller: User) -> None:
    owner = MembershipFactory(role=Role.OWNER)
    MembershipFactory(account=owner.account, role=Role.MEMBER)

    give_to_account(giving=Giving(product), holder=owner.account, reason=WHY, actor=seller)

    assert owner.account.entitlements.in_force().count() == 1
    assert [mail.to for mail in OutgoingMail.objects.all()] == [owner.user.email]


@pytest.mark.parametrize(
    ("prepare", "refusal"),
    [
        pytest.param(lambda _: SellerProfile.objects.update(suspended_at=NOW, suspension_reason="x"), SellerIsSuspended, id="seller"),
        pytest.param(lambda _: Product.objects.update(state="suspended", suspension_reason="x"), NothingToGive, id="product"),
        pytest.param(lambda product: product.images.update(taken_down_at=NOW, take_down_reason="x"), NothingToGive, id="image"),
        pytest.param(lambda _: ProductImage.objects.all().delete(), NothingToGive, id="nothing in it"),
    ],
)
def test_what_was_stopped_is_not_given(
    product: Product, seller: User, friend: User, prepare: Callable[[Product], object], refusal: type[DomainError]
) -> None:
    prepare(product)

    with pytest.raises(refusal):
        give_link(giving=Giving(product), reason=WHY, actor=seller)
    with pytest.raises(refusal):
        give_to_account(giving=Giving(product), holder=friend.account, reason=WHY, actor=seller)

    assert (Gift.objects.count(), Entitlement.objects.count(), OutgoingMail.objects.count()) == (0, 0, 0)


def test_it_needs_a_reason_an_end_to_come_and_somebody_who_decides(product: Product, seller: User, friend: User) -> None:
    editor = MembershipFactory(account=product.seller.account, role=Role.EDITOR).user
    for actor, reason, wanted, refusal in (
        (seller, " ", Giving(product), ReasonMissing),
        (seller, WHY, Giving(product, access_ends_at=NOW), GiftOver),
        (friend, WHY, Giving(product), NotYours),
        (editor, WHY, Giving(product), RoleNotEnough),
    ):
        with pytest.raises(refusal):
            give_link(giving=wanted, reason=reason, actor=actor)
        with pytest.raises(refusal):
            give_to_account(giving=wanted, holder=friend.account, reason=reason, actor=actor)
    assert (Gift.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_neither_the_seller_nor_whoever_has_it_is_given_it(product: Product, seller: User, friend: User) -> None:
    EntitlementFactory(holder=friend.account, image=product.images.get())

    with pytest.raises(OwnProduct):
        give_to_account(giving=Giving(product), holder=seller.account, reason=WHY, actor=seller)
    with pytest.raises(GiftNotNeeded, match=f"{friend.account.name} already has this. Nothing was given."):
        give_to_account(giving=Giving(product), holder=friend.account, reason=WHY, actor=seller)

    assert (Gift.objects.count(), Entitlement.objects.count(), OutgoingMail.objects.count()) == (0, 1, 0)


def test_a_day_has_room_for_so_many_and_for_fewer_where_stripe_does_not_know_the_seller(
    product: Product, seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "A_DAY", 2)
    monkeypatch.setattr(giving, "A_DAY_UNKNOWN", 1)
    GiftFactory(product=product)
    GiftFactory(product=product, created_at=NOW - timedelta(days=1, seconds=1))
    give_link(giving=Giving(product), reason=WHY, actor=seller)

    with pytest.raises(TooManyGifts):
        give_link(giving=Giving(product), reason=WHY, actor=seller)
    Gift.objects.all().delete()
    SellerProfile.objects.update(charges_enabled=False)
    give_link(giving=Giving(product), reason=WHY, actor=seller)
    with pytest.raises(TooManyGifts, match="At most 1 gift in a day"):
        give_link(giving=Giving(product), reason=WHY, actor=seller)


def test_an_address_is_mailed_so_often_a_day_whoever_gives(product: Product, seller: User) -> None:
    for _ in range(giving.A_DAY_TO_ONE):
        GiftFactory(product=ProductFactory(), email="kim@example.test")

    with pytest.raises(TooManyGiftsToAddress):
        give_link(giving=Giving(product, "kim@example.test"), reason=WHY, actor=seller)
    assert give_link(giving=Giving(product, "olu@example.test"), reason=WHY, actor=seller)


def test_an_edition_is_given_with_its_images_alone_and_grows_with_nothing(product: Product, seller: User, friend: User) -> None:
    images: list[Image] = [product.images.get(), PushedImageFactory(namespace=product.namespace)]
    divided = ProductFactory(namespace=product.namespace, title="Postgres HA", images=images)
    standard = EditionFactory(product=divided, name="Standard", images=images[:1])

    linked, _ = give_link(giving=Giving(divided, "zoe@example.test", edition=standard), reason=WHY, actor=seller)
    handed = give_to_account(giving=Giving(divided, edition=standard), holder=friend.account, reason=WHY, actor=seller)

    assert (linked.called, list(linked.images.all())) == ("Postgres HA, Standard", images[:1])
    assert (handed.called, [row.image for row in Entitlement.objects.all()]) == ("Postgres HA, Standard", images[:1])
    assert "Postgres HA, Standard" in OutgoingMail.objects.get(to="zoe@example.test").body_text
    assert not owners_lacking(divided.pk, images[1].pk).exists()  # what is given to those of the whole product is not theirs
    assert not gifts_lacking(divided.pk, images[1].pk).exists()


def test_an_edition_of_another_product_gives_nothing(product: Product, seller: User, friend: User) -> None:
    other = ProductFactory(namespace=product.namespace, images=list(product.images.all()))
    foreign = Giving(product, edition=EditionFactory(product=other, name="Pro"))

    with pytest.raises(InvalidEdition) as linked:
        give_link(giving=foreign, reason=WHY, actor=seller)
    with pytest.raises(InvalidEdition):
        give_to_account(giving=foreign, holder=friend.account, reason=WHY, actor=seller)

    assert (linked.value.code, linked.value.field, Gift.objects.exists()) == ("invalid_edition", "edition", False)
