"""Who gets mail about new versions of what, and what there is to tell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.signing import BadSignature, Signer
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.organisations.models import PULLING_ROLES
from accounts.organisations.selectors import account_ids_of
from accounts.people.models import User
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Manifest, TagMove
from marketplace.images.oci import SIGNATURE_PREFIX
from marketplace.images.selectors.tags import short_platforms
from marketplace.products.models import Product
from marketplace.updates.models import ProductUpdates, UpdateSubscription

SETTLED: Final = timedelta(minutes=15)  # a version's tags are pushed one after the other, and its manifest is described meanwhile
AT_MOST: Final = timedelta(days=1)  # one mail about a product
MOST_MOVES: Final = 1_000  # newest ones that one mail is made from
_Key = tuple[UUID, str]  # an image, and a tag or a digest in it
_SIGNER = Signer(salt="marketplace.updates.unsubscribe")


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A manifest that tags of an image began to point at.

    Attributes:
        tags: their names.
        moved: those of them that pointed at something else before.
        old: what the first of these pointed at; None if all tags are new, or if it is unknown by now.
    """

    image: Image
    tags: list[str]
    moved: list[str]
    new: Manifest
    old: Manifest | None

    @property
    def platforms(self) -> list[str]:
        return short_platforms(self.new.platforms)

    @property
    def platforms_gone(self) -> list[str]:
        """What the old one ran on and the new one does not."""
        return short_platforms(platform for platform in (self.old.platforms if self.old else ()) if platform not in self.new.platforms)


def wanted_among(user: User, products: Collection[UUID]) -> set[UUID]:
    """Return those of the products about whose new versions the user wants mail. One query."""
    return set(UpdateSubscription.objects.filter(user=user, product__in=products).values_list("product_id", flat=True))


def holds_part_of(user: User, product: Product) -> bool:
    """Whether the user can pull an image of the product, because they or an organisation of theirs hold it."""
    held = Entitlement.objects.in_force().filter(holder__in=account_ids_of(user), image__products=product)
    return held.exists()


def subscribers_of(product_id: UUID) -> QuerySet[UpdateSubscription]:
    """Return the subscriptions of those who get mail now, in a fixed order, the users joined.

    They have a verified address, and can pull an image of the product.
    """
    reachable = {"user__is_active": True, "user__emailaddress__verified": True, "user__emailaddress__email__iexact": F("user__email")}
    found = UpdateSubscription.objects.filter(Exists(_holding()), product=product_id, **reachable)
    return found.select_related("user").order_by("pk")


def batch_of(product_id: UUID, *, after: UUID, most: int) -> list[tuple[UpdateSubscription, frozenset[UUID]]]:
    """Return the next of these subscriptions, each with the keys of those images of the product that its user can pull. One query."""
    held = ArraySubquery(_holding().values("image"))
    found = subscribers_of(product_id).filter(pk__gt=after).annotate(held=held)[:most]
    return [(subscription, frozenset(subscription.held)) for subscription in found]


def held_by_subscriber() -> QuerySet[Entitlement]:
    """Return what the user of a subscription, which is the outer query, can pull by: their own, or an organisation's that they pull for."""
    theirs = Q(holder__user=OuterRef("user")) | Q(
        holder__memberships__user=OuterRef("user"), holder__memberships__role__in=[role.value for role in PULLING_ROLES]
    )
    return Entitlement.objects.in_force().filter(theirs)


def _holding() -> QuerySet[Entitlement]:
    """Return what lets the user of a subscription pull images of its product."""
    return held_by_subscriber().filter(image__products=OuterRef("product"))


def due_updates(*, now: datetime) -> QuerySet[ProductUpdates]:
    """Return the products about which a mail is to begin or to go on."""
    moved = TagMove.objects.filter(image__products=OuterRef("pk"), at__gt=OuterRef("covered_until"), at__lte=now - SETTLED)
    rested = Q(mailed_at__isnull=True) | Q(mailed_at__lte=now - AT_MOST)
    return ProductUpdates.objects.filter(Q(sending_until__isnull=False) | rested & Exists(moved)).order_by("pk")


def new_versions(product_id: UUID, *, after: datetime, until: datetime) -> list[NewVersion] | None:
    """Return what tags of the product's images began to point at, newest first, or None while one of that is yet to be described.

    A tag that moved several times is told of once, from first to last; one that came back is not told of. Left out are signatures, what is
    no image, what cannot be read, and images that are taken down. Two queries.
    """
    changes = _changes(product_id, after=after, until=until)
    digests = {move.new_digest for moves in changes.values() for move in moves} | {
        move.old_digest for moves in changes.values() for move in moves
    }
    found = Manifest.objects.filter(image__in={image_id for image_id, _ in changes}, digest__in=digests - {""}).defer("blobs")
    manifests = {(manifest.image_id, manifest.digest): manifest for manifest in found}
    known = {key: manifests[key] for key in changes if key in manifests}
    if any(_is_waiting(manifest) for manifest in known.values()):
        return None
    return [_version(manifest, changes[key], manifests) for key, manifest in known.items() if _is_shown(manifest)]


def _changes(product_id: UUID, *, after: datetime, until: datetime) -> dict[_Key, list[TagMove]]:
    """Return, by what tags point at in the end, one move for each tag: from what it pointed at in the beginning."""
    of_images = {"image__products": product_id, "image__taken_down_at__isnull": True}
    moves = TagMove.objects.filter(**of_images, at__gt=after, at__lte=until).exclude(tag__startswith=SIGNATURE_PREFIX)
    whole: dict[_Key, TagMove] = {}
    for move in moves.select_related("image").order_by("-at", "-pk")[:MOST_MOVES]:
        whole.setdefault((move.image_id, move.tag), move).old_digest = move.old_digest
    changes: dict[_Key, list[TagMove]] = {}
    for move in whole.values():
        if move.old_digest != move.new_digest:
            changes.setdefault((move.image_id, move.new_digest), []).append(move)
    return changes


def _version(manifest: Manifest, moves: list[TagMove], manifests: dict[_Key, Manifest]) -> NewVersion:
    olds = (manifests.get((move.image_id, move.old_digest)) for move in moves)
    return NewVersion(
        image=moves[0].image,
        tags=[move.tag for move in moves],
        moved=[move.tag for move in moves if move.old_digest],
        new=manifest,
        old=next(filter(None, olds), None),
    )


def _is_shown(manifest: Manifest) -> bool:
    return manifest.described_at is not None and manifest.kind != Manifest.Kind.ARTIFACT


def _is_waiting(manifest: Manifest) -> bool:
    return manifest.described_at is None and manifest.given_up_at is None and manifest.removal_asked_at is None


def unsubscribe_key(subscription: UpdateSubscription) -> str:
    """Return what ends this subscription without signing in. It does not expire: a mail may be read years later."""
    return _SIGNER.sign(subscription.pk.hex)


def subscription_id_of(key: str) -> UUID | None:
    """Return the id of the subscription that a key was made for; None for a key that we did not make."""
    try:
        return UUID(hex=_SIGNER.unsign(key))
    except BadSignature:
        return None
