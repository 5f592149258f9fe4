"""What counts as pulled of an order: all that somebody has because of it, also what was given to earlier buyers since."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.organisations.models import Membership, Role
from accounts.organisations.services.organisations import leave_organisation, remove_member
from accounts.people.models import Account, User
from accounts.privacy.services.deletion import delete_account
from billing.disputes.pulls import pull_lines
from billing.orders.models import Order
from billing.orders.pulled import counted_pulls
from billing.orders.refund_windows import was_pulled
from billing.refunds.errors import PulledAlready
from billing.refunds.models import Refund
from billing.refunds.services import give_back
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.insights.models import BuyerPull
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import EntitlementFactory, GiftFactory, PullCountFactory, PushedImageFactory, digest_of

pytestmark = pytest.mark.django_db


def purchase() -> tuple[Order, Account]:
    order: Order = PaidOrderFactory(unpulled_refund_days=14)
    return order, order.buyer


def claimed_gift() -> tuple[Order, Account]:
    order, _ = purchase()
    kim = UserFactory().account
    Entitlement.objects.filter(source_id=order.pk).delete()
    GiftFactory(product=order.product, source_kind="order", source_id=order.pk, reason="", claimed=True, holder=kim)
    return order, kim


def first_period() -> tuple[Order, Account]:
    order, buyer = purchase()
    order.subscription = SubscriptionFactory(product=order.product, placed_by=order.placed_by)
    order.period_start, order.period_end = timezone.now(), timezone.now() + timedelta(days=30)
    order.save()
    Entitlement.objects.filter(source_id=order.pk).update(source_kind="subscribed", source_id=order.subscription.pk)
    return order, buyer


@pytest.mark.parametrize("what", [purchase, claimed_gift, first_period])
def test_a_pull_of_what_an_order_has_grown_by_counts_as_one_of_the_order(what: Callable[[], tuple[Order, Account]]) -> None:
    order, holder = what()
    had = Entitlement.objects.get()
    grown, other = PushedImageFactory.create_batch(2, namespace=order.product.namespace)
    extend_entitlements(holder_id=holder.pk, source_kind=had.source_kind, source_id=had.source_id, image=grown)
    EntitlementFactory(holder=holder, image=other)
    PullCountFactory(image=other, buyer=holder, day=timezone.now().date())
    assert not was_pulled(order)

    pulled = PullCountFactory(image=grown, buyer=holder, day=timezone.now().date())

    assert list(counted_pulls(order)) == [pulled]
    assert f"{pulled.day}: {pulled.count}" in list(pull_lines(order))
    with pytest.raises(PulledAlready):
        give_back(order=order, actor=order.placed_by)
    assert (Refund.objects.count(), Entitlement.objects.in_force().filter(source_id=had.source_id).count()) == (0, 2)


@pytest.mark.parametrize("end", ["left", "removed", "deleted"])
def test_a_pull_by_a_member_who_has_gone_since_the_sale_counts_as_one_of_the_order(end: str) -> None:
    order, owner, member = purchase_of_organisation()
    pulled = PullCountFactory(image=order.images.get().image, buyer=member.user.account, day=timezone.now().date())

    end_membership(end, member, owner)

    assert list(counted_pulls(order)) == [pulled]
    with pytest.raises(PulledAlready):
        give_back(order=order, actor=owner)
    assert not Refund.objects.exists()


def test_a_pull_by_a_member_who_had_gone_before_the_sale_does_not_count() -> None:
    order, owner, member = purchase_of_organisation()
    end_membership("removed", member, owner)
    order.paid_at = timezone.now()
    order.save()
    PullCountFactory(image=order.images.get().image, buyer=member.user.account, day=timezone.now().date())

    assert not was_pulled(order)


def test_a_bank_reads_what_the_members_of_an_organisation_have_pulled() -> None:
    order, _, member = purchase_of_organisation()
    image, now = order.images.get().image, timezone.now()
    assert list(pull_lines(order)) == [
        "The registry has counted no pull of these images by the buyer's organisation and its members since the payment."
    ]

    PullCountFactory(image=image, buyer=member.user.account, day=now.date())
    BuyerPull.objects.create(
        image=image, buyer=member.user.account, day=now.date(), digest=digest_of("one"), address="203.0.113.9", client="docker/27.3.1",
        first_at=now, last_at=now, count=1,
    )  # fmt: skip

    first, day, *_, proof = pull_lines(order)
    assert first == "Pulls (downloads) of these images by the buyer's organisation and its members since the payment. Times are UTC."
    assert day == f"{now.date()}: 1"
    assert f" | 203.0.113.9 | docker/27.3.1 | {image.repository} | {digest_of('one')} | 1" in proof


def purchase_of_organisation() -> tuple[Order, User, Membership]:
    """Return an order of an organisation, its owner, who bought, and a member."""
    owner = MembershipFactory()
    order = PaidOrderFactory(unpulled_refund_days=14, buyer=owner.account, placed_by=owner.user)
    return order, owner.user, MembershipFactory(account=owner.account, role=Role.MEMBER)


def end_membership(how: str, membership: Membership, owner: User) -> None:
    if how == "left":
        leave_organisation(organisation=membership.account, user=membership.user)
    elif how == "removed":
        remove_member(membership=membership, actor=owner)
    else:
        delete_account(user=membership.user, reason="They asked by mail.", actor=None)
