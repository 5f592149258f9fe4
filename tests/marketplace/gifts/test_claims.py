"""A gift is claimed once, into an account for which somebody buys, and otherwise stays as it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.models import Role
from accounts.people.errors import EmailNotVerified
from accounts.people.models import User
from accounts.tokens import secrets
from audit.models import AuditEvent
from common.errors import DomainError
from marketplace.entitlements.errors import EntitlementIsBought, OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.errors import GiftClosed, GiftNotUsable, GiftOwnedAlready
from marketplace.gifts.models import Gift, GiftState
from marketplace.gifts.selectors import find_gift
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.ending import end_gift_of_order, resume_gift_of_order, revoke_gift, suspend_gift_of_order
from marketplace.gifts.services.expiry import _tell, tell_of_unclaimed_gifts
from marketplace.gifts.services.forgetting import forget_gifts
from marketplace.gifts.services.links import renew_gift
from marketplace.images.errors import NotYours
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import EntitlementFactory, GiftFactory

NOW = timezone.now()


def paid_gift(product: Product, buyer: User, **fields: object) -> Gift:
    order = PaidOrderFactory(product=product, placed_by=buyer, entitlements=False)
    Entitlement.objects.filter(source_id=order.pk).delete()
    found: Gift = GiftFactory(
        product=product, source_kind="order", source_id=order.pk, giver=buyer.account, given_by=buyer, reason="", **fields
    )
    return found


def holds(user: User) -> list[str]:
    return list(user.account.entitlements.in_force().values_list("image__repository", flat=True))


def test_whoever_claims_it_holds_what_it_gives_because_of_its_source(product: Product, friend: User) -> None:
    gift = GiftFactory(product=product, access_ends_at=NOW + timedelta(days=9))

    claimed = claim_gift(gift=gift, user=friend, holder=friend.account)

    held = friend.account.entitlements.get()
    assert (held.image, held.source_kind, held.source_id, held.ends_at) == (product.images.get(), "seller", gift.pk, gift.access_ends_at)
    assert (claimed.holder, claimed.claimed_by, claimed.state) == (friend.account, friend, GiftState.CLAIMED)
    assert AuditEvent.objects.filter(action="gift.claimed", actor=friend).count() == 1


def test_it_is_claimed_for_an_organisation_by_who_buys_for_it(product: Product) -> None:
    clerk = MembershipFactory(role=Role.BILLING)
    gift = GiftFactory(product=product)

    claim_gift(gift=gift, user=clerk.user, holder=clerk.account)

    assert clerk.account.entitlements.in_force().count() == 1
    assert holds(clerk.user) == []


def not_verified(user: User, _product: Product) -> None:
    user.emailaddress_set.update(verified=False)


def owns(user: User, product: Product) -> None:
    EntitlementFactory(holder=user.account, image=product.images.get(), source_kind="free")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param({"claimed": True}, GiftClosed, id="claimed"),
        pytest.param({"revoked_at": NOW, "revocation_reason": "A mistake."}, GiftClosed, id="taken back"),
        pytest.param({"expires_at": NOW - timedelta(seconds=1)}, GiftClosed, id="too late"),
        pytest.param({"suspended_at": NOW}, GiftClosed, id="disputed"),
        pytest.param({"access_ends_at": NOW - timedelta(seconds=1)}, GiftClosed, id="its time is over"),
    ],
)
def test_what_is_closed_is_not_claimed(product: Product, friend: User, change: dict[str, object], refusal: type[DomainError]) -> None:
    gift = GiftFactory(product=product, **change)
    before = Gift.objects.values().get()

    with pytest.raises(refusal) as refused:
        claim_gift(gift=gift, user=friend, holder=friend.account)

    assert refused.value.message == gift.why_closed != ""
    assert (Gift.objects.values().get(), holds(friend)) == (before, [])


@pytest.mark.parametrize(
    ("prepare", "refusal"),
    [
        pytest.param(owns, GiftOwnedAlready, id="owned already"),
        pytest.param(not_verified, EmailNotVerified, id="no verified address"),
        pytest.param(
            lambda user, product: MembershipFactory(user=user, account=product.seller.account, role=Role.MEMBER), OwnProduct, id="own"
        ),
        pytest.param(lambda _, product: product.images.update(taken_down_at=NOW, take_down_reason="x"), GiftNotUsable, id="taken down"),
        pytest.param(lambda *_: Product.objects.update(state="suspended", suspension_reason="x"), GiftNotUsable, id="product stopped"),
    ],
)
def test_what_cannot_be_had_now_stays_unclaimed(
    product: Product, friend: User, prepare: Callable[[User, Product], object], refusal: type[DomainError]
) -> None:
    gift = GiftFactory(product=product)
    prepare(friend, product)
    before = (Gift.objects.values().get(), Entitlement.objects.count())

    with pytest.raises(refusal):
        claim_gift(gift=gift, user=friend, holder=friend.account)

    assert (Gift.objects.values().get(), Entitlement.objects.count()) == before
    assert gift.state is GiftState.OPEN


def test_an_organisation_that_has_it_is_named_and_one_of_others_does_not_exist(product: Product) -> None:
    owner, member = MembershipFactory(role=Role.OWNER, account__name="Harbour"), MembershipFactory(role=Role.MEMBER)
    gift = GiftFactory(product=product)
    EntitlementFactory(holder=owner.account, image=product.images.get())

    with pytest.raises(GiftOwnedAlready, match="Harbour already has this"):
        claim_gift(gift=gift, user=owner.user, holder=owner.account)
    with pytest.raises(NoSuchOrganisation):
        claim_gift(gift=gift, user=owner.user, holder=member.account)
    with pytest.raises(RoleDoesNotBuy):
        claim_gift(gift=gift, user=member.user, holder=member.account)
    assert Gift.objects.get().claimed_at is None


def test_what_was_paid_for_is_claimed_although_its_seller_was_stopped_and_what_a_seller_gave_is_not(product: Product, friend: User) -> None:
    paid, given = paid_gift(product, UserFactory()), GiftFactory(product=product)
    seller = product.seller
    seller.suspended_at, seller.suspension_reason = NOW, "Fraud."
    seller.save()

    with pytest.raises(GiftNotUsable):
        claim_gift(gift=given, user=friend, holder=friend.account)
    claim_gift(gift=paid, user=friend, holder=friend.account)

    held = friend.account.entitlements.get()
    assert (held.source_kind, held.source_id) == ("order", paid.source_id)


def test_what_ends_by_itself_does_not_keep_anybody_from_claiming(product: Product, friend: User) -> None:
    EntitlementFactory(holder=friend.account, image=product.images.get(), ends_at=NOW + timedelta(days=1))

    claim_gift(gift=GiftFactory(product=product), user=friend, holder=friend.account)

    assert friend.account.entitlements.for_good().count() == 1


def test_a_new_link_ends_the_one_before_goes_to_another_address_and_opens_what_was_too_late(product: Product, seller: User) -> None:
    old = secrets.new_gift_secret()
    gift = GiftFactory(product=product, secret=old, expires_at=NOW - timedelta(days=1), expiry_told_at=NOW)

    new = renew_gift(gift=gift, email="Other@Example.test ", actor=seller)

    found = find_gift(new)
    assert found == gift
    assert (find_gift(old), find_gift("lsg_no"), find_gift(secrets.new_gift_secret())) == (None, None, None)
    assert found is not None
    assert (found.state, found.email, found.expiry_told_at) == (GiftState.OPEN, "other@example.test", None)
    mail = OutgoingMail.objects.get()
    assert mail.to == "other@example.test"
    assert new in mail.body_text
    assert new not in repr(list(Gift.objects.values()))


def test_a_link_to_pass_on_is_not_mailed(product: Product, seller: User) -> None:
    assert find_gift(renew_gift(gift=GiftFactory(product=product), email="", actor=seller)) is not None
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"claimed": True}, {"revoked_at": NOW, "revocation_reason": "x"}, {"suspended_at": NOW}],
    ids=["claimed", "taken back", "suspended"],
)
def test_what_is_claimed_or_closed_is_not_sent_again(product: Product, seller: User, change: dict[str, object]) -> None:
    gift = GiftFactory(product=product, **change)
    before = Gift.objects.values().get()

    with pytest.raises(GiftClosed):
        renew_gift(gift=gift, email="other@example.test", actor=seller)

    assert Gift.objects.values().get() == before
    assert not OutgoingMail.objects.exists()


def test_only_who_acts_for_its_giver_sends_it_again(product: Product, friend: User) -> None:
    buyer = UserFactory()
    given, paid = GiftFactory(product=product), paid_gift(product, buyer)

    with pytest.raises(NotYours):
        renew_gift(gift=given, email="", actor=friend)
    with pytest.raises(NoSuchOrganisation):
        renew_gift(gift=paid, email="", actor=friend)
    assert renew_gift(gift=paid, email="", actor=buyer)


def test_what_a_seller_takes_back_ends_for_whoever_has_it(product: Product, seller: User) -> None:
    gift = GiftFactory(product=product, claimed=True)

    revoke_gift(gift=gift, reason="The test is over.", actor=seller)

    held = Entitlement.objects.get(source_id=gift.pk)
    assert (held.in_force, held.revocation_reason, Gift.objects.get().state) == (False, "The test is over.", GiftState.REVOKED)
    mail = OutgoingMail.objects.get()
    assert mail.to == gift.claimed_by.email
    assert "The test is over." in mail.body_text
    assert AuditEvent.objects.get(action="gift.revoked").reason == "The test is over."
    with pytest.raises(GiftClosed):
        revoke_gift(gift=gift, reason="Again.", actor=seller)


def test_neither_a_stranger_nor_a_seller_takes_back_what_is_not_theirs_to_take(product: Product, seller: User, friend: User) -> None:
    given, paid = GiftFactory(product=product), paid_gift(product, friend)

    with pytest.raises(NotYours):
        revoke_gift(gift=given, reason="Mine.", actor=friend)
    with pytest.raises(EntitlementIsBought):
        revoke_gift(gift=paid, reason="Mine.", actor=friend)
    with pytest.raises(NotYours):
        revoke_gift(gift=paid, reason="Mine.", actor=seller)
    assert not Gift.objects.filter(revoked_at__isnull=False).exists()


def test_a_gift_follows_its_order_and_an_order_without_one_is_left_alone(product: Product, friend: User) -> None:
    gift = paid_gift(product, friend)

    suspend_gift_of_order(order_id=gift.source_id)
    assert Gift.objects.get().state is GiftState.PAUSED
    resume_gift_of_order(order_id=gift.source_id)
    assert Gift.objects.get().state is GiftState.OPEN
    for _ in range(2):
        end_gift_of_order(order_id=gift.source_id, reason="The payment for this gift was refunded.")
    ended = Gift.objects.get()
    assert (ended.state, ended.why_closed) == (GiftState.REVOKED, "This gift was taken back: The payment for this gift was refunded.")
    for act in (suspend_gift_of_order, resume_gift_of_order):
        act(order_id=product.pk)
    end_gift_of_order(order_id=product.pk, reason="x")
    assert not OutgoingMail.objects.exists()


def test_buyers_are_told_once_of_what_nobody_claimed_and_sellers_are_not(product: Product) -> None:
    owner = MembershipFactory(role=Role.OWNER)
    gift = paid_gift(product, owner.user, expires_at=NOW - timedelta(hours=1))
    clerk = MembershipFactory(account=owner.account, role=Role.BILLING)
    Gift.objects.update(giver=owner.account)
    GiftFactory(product=product, expires_at=NOW - timedelta(hours=1))
    paid_gift(product, UserFactory(), expires_at=NOW - timedelta(hours=1), suspended_at=NOW)

    assert [tell_of_unclaimed_gifts(now=NOW) for _ in range(2)] == [1, 0]

    assert sorted(mail.to for mail in OutgoingMail.objects.all()) == sorted([owner.user.email, clerk.user.email])
    assert f"/orders/{gift.source_id}/gift" in OutgoingMail.objects.all()[0].body_text
    assert _tell(gift.pk, now=NOW) is False


def test_nobody_writes_to_a_buyer_who_has_gone(product: Product) -> None:
    paid_gift(product, UserFactory(is_active=False), expires_at=NOW - timedelta(hours=1))

    assert tell_of_unclaimed_gifts(now=NOW) == 1
    assert not OutgoingMail.objects.exists()


def test_whoever_goes_leaves_no_address_and_no_message(product: Product, friend: User) -> None:
    sent = GiftFactory(product=product, email=friend.email.lower(), message="Hello Kim.")
    given = paid_gift(product, friend, message="From Kim.")

    forget_gifts(friend)

    sent.refresh_from_db()
    given.refresh_from_db()
    assert sent.email.endswith("@deleted.invalid")
    assert (sent.message, sent.secret_hash, given.message) == ("", None, "")
    assert given.secret_hash


def test_its_state_says_what_became_of_it(product: Product) -> None:
    def gift(**fields: object) -> Gift:
        found: Gift = GiftFactory.build(product=product, giver=product.seller.account, user=None, **fields)
        return found

    over = {"access_ends_at": NOW - timedelta(seconds=1)}
    assert gift(**over).state is GiftState.ENDED
    assert gift(**over).why_closed == "This gift was for a time, and that is over."
    assert gift(**over).is_unclaimed is False
    assert gift(expires_at=NOW - timedelta(seconds=1)).is_unclaimed is True
    assert GiftState.ENDED.label == "Ended"
    assert str(gift()) == f"{product} from {product.seller.account}"
    assert str(GiftFactory(product=product).gift_images.get()) == str(product.images.get())
