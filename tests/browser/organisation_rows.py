"""Organisations in every state: their robots, members and invitations, what they bought, and one that sells."""

from datetime import timedelta

from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from audit.services import record_audit
from billing.orders.models import Order
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.resale.models import ResaleFlag
from tests.factories.accounts import (
    InvitationFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationSellerFactory,
    RobotFactory,
    UserFactory,
)
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import EntitlementFactory, NamespaceFactory, ProductFactory, digest_of

FAR = timedelta(days=300)  # the sweeps leave these rows alone


def robots(*, long_word: str, long_image: str) -> dict[str, str]:
    """An organisation whose robots are in every state, with a member; and one with long names and no robot."""
    now, owner = timezone.now(), UserFactory(username="owner")
    firm = MembershipFactory(user=owner, account=OrganisationFactory(handle="steadfast", name="Steadfast Ltd")).account
    MembershipFactory(user=User.objects.get(username="jonas"), account=firm, role=Role.MEMBER)
    held = EntitlementFactory(holder=firm, image=Image.objects.get(repository="tidewater/redis-steady")).image
    robot = RobotFactory(organisation=firm, name="ci", last_used_at=now - timedelta(minutes=2))
    record_audit(actor=owner, action="robot.created", target=robot)
    RobotFactory(organisation=firm, name="cluster", limited_to=held.repository, expires_at=now + timedelta(days=9))
    RobotFactory(organisation=firm, name="pipeline", superseded_at=now, expires_at=now + timedelta(days=2))
    RobotFactory(organisation=firm, name="old", revoked_at=now - timedelta(days=40))
    RobotFactory(organisation=firm, name="trial", expires_at=now - timedelta(days=3))
    MembershipFactory(user=owner, account=OrganisationFactory(handle="without-robots"))
    long = OrganisationFactory(handle="an-organisation-of-39-characters-exactl", name=long_word[:80])
    EntitlementFactory(holder=MembershipFactory(user=owner, account=long).account, image=Image.objects.get(name=long_image))
    return {"robot": str(robot.pk), "long_organisation": long.handle, **invitations(firm, long, owner), **team_purchases(firm, owner)}


def selling_team() -> dict[str, str]:
    """An organisation that sells, with an owner who sells alone as well and an editor."""
    mara, product = User.objects.get(username="mara"), Product.objects.get(namespace__name="tidewater", slug="redis-steady")
    team = OrganisationSellerFactory(account=OrganisationFactory(handle="harbour-works", name="Harbour Works")).account
    MembershipFactory(user=mara, account=team, role=Role.OWNER)
    MembershipFactory(user=User.objects.get(username="jonas"), account=team, role=Role.EDITOR)
    ProductFactory(namespace=NamespaceFactory(owner=team, name="harbour"), title="Harbour Master")
    ResaleFlag.objects.create(
        image=team.namespaces.get().images.get(),
        origin=product.images.get(),
        digest=digest_of("copied"),
        origin_digest=digest_of("first"),
        layers=[digest_of("a layer")],
        size=48_000_000,
    )
    return {"namespace": str(product.namespace_id)}


def team_purchases(firm: Account, owner: User) -> dict[str, str]:
    """What an organisation bought: one that it holds, and one that was refunded."""
    beacon, drift = Product.objects.filter(namespace__name="northlight", prices__amount__gt=0).order_by("slug")[:2]
    paid = {"buyer": firm, "placed_by": owner, "due_at": timezone.now() + FAR, "paid_with": "card ending 4242"}
    order, refunded = PaidOrderFactory(product=beacon, **paid), PaidOrderFactory(product=drift, **paid)
    whole = {"state": Order.State.REFUNDED, "refunded_amount": refunded.amount, "refund_requested_amount": refunded.amount}
    Order.objects.filter(pk=refunded.pk).update(closed_at=timezone.now(), **whole)
    firm.entitlements.filter(source_id=refunded.pk).update(revoked_at=timezone.now(), revocation_reason="The order was refunded.")
    EntitlementFactory(holder=owner.account, image=beacon.images.get())
    return {"team_order": str(order.pk)}


def invitations(firm: Account, long: Account, owner: User) -> dict[str, str]:
    """Invitations in every state, one of them to somebody with an account; members in every role, with names as long as they may be."""
    now = timezone.now()
    MembershipFactory(user__username="b" * 39, account=long, role=Role.BILLING)
    MembershipFactory(user__username="kept-by-the-books", account=firm, role=Role.BILLING)
    asked = InvitationFactory(account=firm, email="beginner@example.test", invited_by=owner)
    InvitationFactory(account=firm, email="late@example.test", invited_by=owner, expires_at=now - timedelta(days=1))
    ended = InvitationFactory(account=firm, email="gone@example.test", invited_by=owner, withdrawn_at=now)
    far = InvitationFactory(account=long, email=f"{'x' * 64}@{'sub.' * 40}example.test", role=Role.OWNER, invited_by__username="c" * 39)
    return {
        "invitation": str(asked.pk),
        "invitation_key": asked.secret,
        "ended_invitation_key": ended.secret,
        "long_invitation_key": far.secret,
    }
