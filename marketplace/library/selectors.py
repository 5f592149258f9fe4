"""The images that somebody bought or got for free, and whether they can pull them now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext, gettext_noop

from accounts.organisations.models import Membership
from accounts.organisations.selectors import memberships_of
from accounts.people.models import Account, User
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.gifts.selectors import orders_given_away
from marketplace.images.models import Image
from marketplace.images.selectors.tags import short_platforms
from marketplace.library.products import products_of, products_with
from marketplace.library.upgrades import Upgrade, editions_of, upgrades_for
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.shopwindow.listings import ImageListing, list_images
from marketplace.updates.selectors import wanted_among

ENTRIES_PER_PAGE: Final = 50
# In force before suspended before ended; what has no end before what has one, and that by the latest; then the oldest.
_FIRST: Final = (
    Case(When(Q(revoked_at__isnull=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=Now())), then=Value(0)), default=Value(1)),
    Case(When(suspended_at__isnull=True, then=Value(0)), default=Value(1)),
    F("ends_at").desc(nulls_first=True),
    "granted_at",
    "pk",
)


class EntryState(StrEnum):
    """Whether an image of a library can be pulled. The API uses the values."""

    MAY_PULL = gettext_noop("May pull")
    HELD = gettext_noop("Held")  # by an organisation in which the reader's role does not pull
    TAKEN_DOWN = gettext_noop("Taken down")
    PAUSED = gettext_noop("Paused")  # while the payment is disputed
    ENDED = gettext_noop("Ended")

    @property
    def label(self) -> str:
        """The same in the reader's language, for pages."""
        return gettext(self.value)


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One image in a library.

    Attributes:
        holder: the account that holds it: the reader's, or an organisation's.
        entitlement: the one that decides for the holder: in force before suspended before revoked, then the oldest.
        product: the one that brought it, whatever became of that; where none did, one that offers the image, or did (`products_of`).
        is_gift: somebody else paid for it, so its order is not the reader's to see.
        is_mailed: whether the reader gets mail about new versions of the product.
        upgrades: to which other editions of a product with the image the holder can change, and for how much; with the first image of
            that product alone.
        in_force: whether the policy lets the holder pull it now, for example an organisation's robots.
        for_reader: whether the reader may pull what the holder holds; not every role in an organisation may.
    """

    holder: Account
    listing: ImageListing
    entitlement: Entitlement
    product: Product | None
    in_force: bool
    for_reader: bool
    is_mailed: bool
    is_gift: bool
    upgrades: Sequence[Upgrade] = ()

    @property
    def may_pull(self) -> bool:
        """Whether the reader can pull it because of this entry."""
        return self.in_force and self.for_reader

    @property
    def image(self) -> Image:
        return self.listing.image

    @property
    def title(self) -> str:
        return self.product.title if self.product else self.image.name

    @property
    def withdrawn(self) -> bool:
        """Whether its product's seller sells that no more: what its buyers have stays theirs."""
        return self.product is not None and self.product.state == Product.State.WITHDRAWN

    @property
    def url(self) -> str:
        """The page of its product; empty where nobody may open it."""
        return product_url(self.product) if self.product and self.product.is_visible else ""

    @property
    def mails_versions(self) -> bool:
        """Whether mail about its product tells of this image: its seller may have taken it out since."""
        return self.product is not None and any(part.image_id == self.image.pk for part in self.product.product_images.all())

    @property
    def reference(self) -> str:
        """What docker pulls; empty while there is no tag."""
        return self.listing.reference if self.listing.tag else ""

    @property
    def platforms(self) -> list[str]:
        return short_platforms(self.listing.tag.manifest.platforms) if self.listing.tag else []

    @property
    def suspended(self) -> bool:
        return self.entitlement.ended_at is None and self.entitlement.suspended_at is not None

    @property
    def state(self) -> EntryState:
        if self.in_force:
            return EntryState.MAY_PULL if self.for_reader else EntryState.HELD
        if self.image.taken_down_at is not None:
            return EntryState.TAKEN_DOWN
        return EntryState.PAUSED if self.suspended else EntryState.ENDED

    @property
    def since(self) -> datetime:
        return self.entitlement.granted_at

    @property
    def ends_at(self) -> datetime | None:
        """Until when the reader can pull it; None for good, and where they cannot."""
        return self.entitlement.ends_at if self.in_force else None

    @property
    def order_id(self) -> UUID | None:
        """The order that brought it, if one did and it was no gift."""
        bought = self.entitlement.source_kind == Entitlement.Source.ORDER and not self.is_gift
        return self.entitlement.source_id if bought else None

    @property
    def is_trial(self) -> bool:
        return self.entitlement.source_kind == Entitlement.Source.TRIAL

    @property
    def source_words(self) -> str:
        """How it came here, in the reader's language."""
        return gettext("Given to you") if self.is_gift else str(self.entitlement.get_source_kind_display())


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one account holds or held, the newest first.

    Attributes:
        membership: the reader's in the organisation; None for their own account.
    """

    account: Account
    membership: Membership | None
    entries: list[LibraryEntry]


def library_page(user: User, page: int | str) -> "Page[Entitlement]":
    """Return a page of entitlements of the user's account and organisations, the newest first: for each image the one that decides.

    If a holder has several entitlements to one image, one that is in force decides.
    """
    accounts = [user.account, *(membership.account for membership in memberships_of(user))]
    theirs = Entitlement.objects.filter(holder__in=accounts)
    deciding = theirs.order_by("holder_id", "image_id", *_FIRST).distinct("holder_id", "image_id").values("pk")
    own_first = Case(When(holder=user.account, then=Value(0)), default=Value(1))
    rows = Entitlement.objects.filter(pk__in=deciding).order_by(own_first, "holder__name", "holder_id", "-granted_at", "pk")
    return Paginator(rows.select_related("image"), ENTRIES_PER_PAGE).get_page(page)


def shelves_of(user: User, entitlements: Iterable[Entitlement]) -> list[Shelf]:
    """Group a page of a library by account, the user's own first.

    Everybody in an organisation sees what it holds; those who only buy for it see it but cannot pull. A fixed number of queries for
    each account.
    """
    memberships = {membership.account_id: membership for membership in memberships_of(user)}
    rows = list(entitlements)
    images = {entitlement.image_id: entitlement.image for entitlement in rows}
    listings = {listing.image.pk: listing for listing in list_images(list(images.values()))}
    offering = products_with(images.keys(), Product.objects.visible())
    products = products_of(rows, offering)
    mailed = wanted_among(user, {product.pk for product in products.values()})
    given = orders_given_away({one.source_id for one in rows if one.source_kind == Entitlement.Source.ORDER})
    divided = editions_of(product.pk for product in offering if product.in_editions)  # type: ignore[attr-defined]  # an annotation
    shelves = []
    for holder_id in dict.fromkeys(entitlement.holder_id for entitlement in rows):
        membership = memberships.get(holder_id)
        account = membership.account if membership else user.account
        theirs = [entitlement for entitlement in rows if entitlement.holder_id == holder_id]
        allowed = _allowed(user, account, theirs)
        reads = membership is None or membership.pulls
        held = [one.image_id for one in theirs if allowed[one.image.repository]]
        upgrades = upgrades_for(account, divided, held) if membership is None or membership.buys else {}
        entries = [
            LibraryEntry(
                account,
                listings[one.image_id],
                one,
                product=products.get(one.pk),
                in_force=allowed[one.image.repository],
                for_reader=reads,
                is_gift=one.source_id in given,
                upgrades=upgrades.get(one.image_id, ()),
                is_mailed=one.pk in products and products[one.pk].pk in mailed,
            )
            for one in theirs
        ]
        shelves.append(Shelf(account, membership, entries))
    return shelves


def library_of(user: User, *, page: int = 1) -> list[LibraryEntry]:
    """List the entries of one page of the user's library; an image that two accounts hold is there twice."""
    found = library_page(user, page)
    return [entry for shelf in shelves_of(user, found) for entry in shelf.entries] if page <= found.paginator.num_pages else []


def _allowed(user: User, account: Account, entitlements: list[Entitlement]) -> dict[str, bool]:
    """Ask the policy about one account at a time: of two holders of the same image, each gets its own answer."""
    own = account.pk == user.account.pk
    subject = Subject((account.pk,), is_staff=own and user.has_all_rights)
    allowed = allowed_actions(subject=subject, repositories=[entitlement.image.repository for entitlement in entitlements])
    return {repository: Action.PULL in actions for repository, actions in allowed.items()}
