"""Which other editions of its product a subscription can change to, and when that would count."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.organisations.buying import require_buyer
from accounts.people.models import Account, User
from billing.orders.errors import AlreadyOwned, SellerMayNotSell
from billing.orders.selectors import holds_all
from billing.payments.paid_time import ENTITLING, paid_time
from billing.subscriptions.errors import (
    ChangeAhead,
    CodeStillReduces,
    EditionHadAlready,
    EditionNotForSubscription,
    SubscriptionEnded,
    SubscriptionEnding,
    SubscriptionNotPaid,
    UpgradeUnderWay,
)
from billing.subscriptions.models import Subscription
from billing.subscriptions.terms import next_terms, terms_now
from billing.subscriptions.upgrade_models import Upgrade
from marketplace.products.models import Price
from marketplace.products.selectors.editions import images_in, title_sold
from marketplace.products.selectors.offers import current_prices, require_offered

MOST_CHOICES: Final = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """Another edition that a subscription can change to.

    Attributes:
        larger: it holds all that is had now and more, and costs more: it counts at once, and the difference is paid. Else it is a part of
            what is had now, and counts from the next period on.
    """

    price: Price
    title: str
    larger: bool


def choices_for(subscription: Subscription) -> list[Choice]:
    """Return the editions that the subscription can change to, in their order; none while it cannot be changed. Four queries at most."""
    same = [price for price in current_prices(subscription.product) if _is_alike(subscription, price)]
    held = images_in({price.edition_id for price in same[:MOST_CHOICES]})
    now = set(paid_time(subscription).renewed) if same else set()
    choices = []
    for price in same[:MOST_CHOICES]:
        wanted = held[price.edition_id]  # type: ignore[index]  # alike means: of an edition
        if (larger := _is_larger(subscription, price, wanted, now)) is not None:
            choices.append(Choice(price, title_sold(subscription.product, price), larger))
    return choices


def _is_alike(subscription: Subscription, price: Price) -> bool:
    """Whether it is another edition of the same seller, paid as often, in the same currency, at an amount that is fixed."""
    same = (price.currency, price.interval) == (subscription.currency, subscription.price.interval)
    other = price.edition_id is not None and price.edition_id != subscription.price.edition_id
    return same and other and not price.buyer_decides and subscription.product.seller_id == subscription.seller_id


def _is_larger(subscription: Subscription, price: Price, wanted: Collection[UUID], now: set[UUID]) -> bool | None:
    """Return whether it is an upgrade; None where it is neither that nor a part."""
    if now < set(wanted):
        return True if price.amount > subscription.amount else None
    return False if set(wanted) < now else None


def require_change(*, subscription: Subscription, price: Price, actor: User) -> Choice:
    """Return what it means to change to a price.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for its buyer.
        SubscriptionEnded, SubscriptionNotPaid, SubscriptionEnding: it does not just go on, or what it is now is not paid yet.
        ChangeAhead: from the next period on it costs something else already.
        CodeStillReduces: it is larger, and a code takes something off the next payment.
        UpgradeUnderWay: a change is being paid.
        ProductNotOffered, PriceChanged, SellerMayNotSell: it cannot be bought now.
        EditionHadAlready, EditionNotForSubscription: as `choice_of` says.
        AlreadyOwned: its buyer has all of it otherwise.
    """
    require_buyer(actor, subscription.buyer)
    require_going_on(subscription)
    require_offered(subscription.product, price.pk)
    seller = subscription.seller
    if not (seller.can_be_paid and seller.takes(price.currency)):
        raise SellerMayNotSell
    choice = choice_of(subscription, price.pk)
    if choice.larger:
        _refuse_larger(subscription, choice)
    return choice


def choice_of(subscription: Subscription, price_id: UUID) -> Choice:
    """Return the one of `choices_for` that has the price.

    Raises:
        EditionHadAlready: the subscription is for that edition.
        EditionNotForSubscription: it is no other edition of the same that is larger and dearer, or a part.
        what `require_going_on` raises: that edition is only to come.
    """
    for choice in choices_for(subscription):
        if choice.price.pk == price_id:
            return choice
    if price_id == subscription.price_id:
        require_going_on(subscription)
        raise EditionHadAlready(title=subscription.product_title)
    raise EditionNotForSubscription


def require_going_on(subscription: Subscription) -> None:
    """Refuse a subscription that does not just go on as it is, as `require_change` says."""
    if not subscription.running or subscription.end_wanted_at is not None:
        raise SubscriptionEnded
    if subscription.state != Subscription.State.ACTIVE:
        raise SubscriptionNotPaid
    if subscription.ends_with_period:
        raise SubscriptionEnding
    if Upgrade.objects.open().filter(subscription=subscription).exists():
        raise UpgradeUnderWay
    planned = subscription.price_changes.open().filter(announcement=None).exists()
    if planned or terms_now(subscription, timezone.now()) != next_terms(subscription):
        raise ChangeAhead


def _refuse_larger(subscription: Subscription, choice: Choice) -> None:
    """The difference is of a period that is paid: in the hour in which its invoice is a draft, Stripe calls a subscription active."""
    if not subscription.orders.filter(state__in=ENTITLING, period_end=subscription.period_end).exists():
        raise SubscriptionNotPaid
    if subscription.is_reduced_at(subscription.period_end or timezone.now()):
        raise CodeStillReduces(code=subscription.discount_code, until=subscription.reduced_until)
    wanted = images_in([choice.price.edition_id])[choice.price.edition_id]  # type: ignore[index]  # a choice is of an edition
    buyer = subscription.buyer
    if holds_all(account=buyer, image_ids=wanted, besides=[subscription.pk]):
        raise AlreadyOwned(name=buyer.name if buyer.kind == Account.Kind.ORGANISATION else "")
