"""Sellers open their shops and reserve names, through the same services as everybody, at moments of the past."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta

import httpx
from django.conf import settings
from django.utils import timezone

from accounts.domains.models import AGAIN, ShopDomain
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.services.invitations import accept_invitation, invite
from accounts.organisations.services.organisations import found_organisation
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import TokenScope
from billing.payouts.services import connect_seller, refresh_stripe_account
from marketplace.credentials.services import make_access_token
from marketplace.images.models import Image, Namespace
from marketplace.images.services.namespaces import choose_namespace
from marketplace.images.services.reservations import reserve_image
from tools.demo.shop.clock import Clock
from tools.demo.shop.goods import Shop
from tools.demo.shop.images import moment
from tools.demo.shop.people import Known, meet

_PUSHES = (TokenScope.PULL, TokenScope.PUSH)


@dataclass(slots=True)
class OpenShop:
    """A seller at work.

    Attributes:
        secret: of the access token that pushes.
    """

    shop: Shop
    owner: Known
    account: Account
    namespace: Namespace
    secret: str
    images: dict[str, Image] = field(default_factory=dict)

    @property
    def seller(self) -> SellerProfile:
        return SellerProfile.objects.get(pk=self.account.pk)


def open_shop(clock: Clock, shop: Shop, today: date) -> OpenShop:
    """Let a seller sign up, choose a namespace, connect to Stripe and reserve the names of their images. What is there stays."""
    owner = meet(clock, shop.owner, today=today, since=shop.since)
    with clock.at(moment(today, shop.since, f"{shop.namespace} opens")):
        account = _organisation(clock, shop, owner.user, today) if shop.is_organisation else owner.user.account
        namespace = Namespace.objects.filter(name=shop.namespace).first() or choose_namespace(
            user=owner.user, name=shop.namespace, display_name=shop.name, organisation=account if shop.is_organisation else None
        )
    issued = make_access_token(user=owner.user, name="build server", scopes=_PUSHES)
    open_ = OpenShop(shop, owner, account, namespace, issued.secret)
    _connect_to_stripe(open_)
    _name_domain(open_, today)
    for spec in shop.images:
        with clock.at(moment(today, min(spec.versions[0][1] + 1, shop.since), f"{shop.namespace}/{spec.name} is reserved")):
            open_.images[spec.name] = _reserve(namespace, spec.name, owner.user)
    # Reserved long ago, they would end before the push: as for everybody else, there is time until then from now on.
    Image.objects.filter(namespace=namespace, first_pushed_at=None).update(
        expires_at=timezone.now() + settings.LAYERSTORE_RESERVATION_LIFETIME
    )
    return open_


def _reserve(namespace: Namespace, name: str, actor: User) -> Image:
    found = Image.objects.filter(namespace=namespace, name=name).first()
    return found or reserve_image(namespace=namespace, name=name, actor=actor)


def _organisation(clock: Clock, shop: Shop, owner: User, today: date) -> Account:
    found = Account.objects.filter(handle=shop.handle).first()
    account = found or found_organisation(user=owner, name=shop.name, handle=shop.handle)
    for username, role in shop.members:
        join(account, meet(clock, username, today=today, since=shop.since).user, Role(role), by=owner)
    return account


def join(account: Account, user: User, role: Role, *, by: User) -> None:
    """Let an owner invite somebody, who accepts; a member stays what they are."""
    if not Membership.objects.filter(account=account, user=user).exists():
        invitation = invite(organisation=account, email=user.email, role=role, actor=by)
        accept_invitation(invitation=Invitation.objects.get(pk=invitation.pk), user=user)


def _connect_to_stripe(open_: OpenShop) -> None:
    """Let the seller tell Stripe about themselves; the sandbox's command does what its onboarding page does."""
    seller = open_.seller
    if seller.can_be_paid:
        return
    connect_seller(seller=seller, actor=open_.owner.user, country=open_.shop.country)
    stripe_account_id = str(open_.seller.stripe_account_id)
    url = f"{settings.STRIPE_API_BASE}/sandbox/api/accounts/{stripe_account_id}"
    httpx.post(url, json={"submitted": True, "enabled": True}, trust_env=False, timeout=30).raise_for_status()
    refresh_stripe_account(stripe_account_id=stripe_account_id)


def _name_domain(open_: OpenShop, today: date) -> None:
    """Write the domain as the worker leaves it once it has seen the proof: names under .example are in no DNS, so none can be seen."""
    if open_.shop.domain:
        seen = moment(today, 9, open_.shop.domain)
        values = {
            "domain": open_.shop.domain,
            "token": hashlib.sha256(open_.shop.domain.encode()).hexdigest()[:32],
            "seen_by": ShopDomain.Proof.DNS,
        }
        dates = {"asked_at": seen - timedelta(minutes=4), "seen_at": seen, "checked_at": seen, "due_at": seen + AGAIN}
        ShopDomain.objects.get_or_create(seller=open_.seller, defaults=values | dates)
