"""Trials: who has had one of what, and what a seller and a buyer see of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.organisations.buying import buyers_of
from accounts.people.models import Account, User
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.trials.errors import TrialUsed, used_by_address, used_by_card, used_by_organisation, used_by_person
from marketplace.trials.keys import address_hashes
from marketplace.trials.models import KnownCard, Trial, TrialKey


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """How many trials of a seller's products there were, run now, and were followed by a purchase."""

    started: int
    running: int
    bought: int


def trials_of_product(product: Product, *, user: User, account_ids: Collection[UUID]) -> list[Trial]:
    """Return the trials of the product that count for the user: of these accounts, and those that they started for others. One query."""
    theirs = Trial.objects.filter(Q(holder__in=account_ids) | Q(started_by=user), product=product)
    return list(theirs.select_related("edition", "holder", "product").order_by("started_at"))


def trials_of_seller(seller_id: UUID) -> QuerySet[Trial]:
    """Return the trials of the seller's products, the newest first, with what a list shows."""
    found = Trial.objects.filter(product__seller=seller_id)
    return found.select_related("product__namespace", "edition", "holder").order_by("-started_at", "pk")


def figures_of_seller(seller_id: UUID) -> TrialFigures:
    """Count the trials of the seller's products. One query."""
    running = Q(ended_at__isnull=True, ends_at__gt=timezone.now())
    counts = Trial.objects.filter(product__seller=seller_id).aggregate(
        started=Count("pk"), running=Count("pk", filter=running), bought=Count("pk", filter=Q(bought_at__isnull=False))
    )
    return TrialFigures(**counts)


def trials_seen_by(user: User) -> QuerySet[Trial]:
    """Return the trials of the user and of the organisations that they buy for, the newest first."""
    found = Trial.objects.filter(holder__in=buyers_of(user))
    return found.select_related("product__namespace", "edition", "holder").order_by("-started_at", "pk")


def images_of_trial(trial: Trial) -> list[Image]:
    """Return the images that the trial gave access to, which the product may have lost since."""
    given = Entitlement.objects.filter(source_kind=Entitlement.Source.TRIAL, source_id=trial.pk)
    return list(Image.objects.filter(pk__in=given.values("image")).order_by("repository"))


def time_left_when_bought(source_id: UUID) -> timedelta:
    """Return how much of a trial was left when this order or subscription took its place; nothing if there was no trial. One query."""
    trial = Trial.objects.filter(bought_by=source_id).first()
    return trial.time_left_when_bought if trial else timedelta(0)


def verified_hashes(user: User) -> list[list[str]]:
    """Return for each address that the user has verified what may be stored of it, as `address_hashes` does."""
    addresses = EmailAddress.objects.filter(user=user, verified=True).order_by("pk").values_list("email", flat=True)
    return [address_hashes(address) for address in addresses]


def known_cards(user: User, holder: Account) -> set[str]:
    """Return the hashes of cards that were seen at purchases of either account."""
    return set(KnownCard.objects.filter(account__in={user.account.pk, holder.pk}).values_list("card_hash", flat=True))


def why_used(product: Product, *, user: User, holder: Account, addresses: Collection[str], cards: Collection[str]) -> TrialUsed | None:
    """Return why nobody may try the product for this holder any more: the first of account, person, address and card that has; or None.

    Args:
        addresses, cards: hashes of the user's verified addresses, and of the cards known of both accounts.
    """
    for trial in trials_of_product(product, user=user, account_ids=[holder.pk]):
        organisation = trial.holder_id == holder.pk and holder.kind == Account.Kind.ORGANISATION
        return used_by_organisation(holder.name) if organisation else used_by_person()
    used = TrialKey.objects.filter(product=product, key_hash__in=[*addresses, *cards]).order_by("pk").first()
    if used is None:
        return None
    return used_by_card() if used.kind == TrialKey.Kind.CARD else used_by_address()
