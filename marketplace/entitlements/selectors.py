"""Who holds what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from accounts.people.models import Account
from marketplace.entitlements.models import PAID, Entitlement
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import images_sold, sets_sold


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has every image of a product for good.

    Attributes:
        in_force: they can pull each of them.
        paused: the others, each with an entitlement that is suspended and to whose image they have no other way.
    """

    in_force: AbstractSet[UUID]
    paused: Mapping[UUID, Entitlement]

    @property
    def having(self) -> AbstractSet[UUID]:
        """All of them: nobody sells it to them a second time."""
        return self.in_force | self.paused.keys()


def holders_among(account_ids: Collection[UUID], product: Product, edition: Edition | None = None) -> Holders:
    """Return the accounts whose entitlements cover every image of the product for good: what ends can still be bought.

    A product without images is held by nobody. Two queries for any number of accounts.

    Args:
        edition: of the product, whose images alone count.
    """
    images = images_sold(product, edition)
    rows = list(Entitlement.objects.for_good().filter(holder__in=account_ids, image__in=images))
    pulled = {(row.holder_id, row.image_id) for row in rows if row.suspended_at is None}
    missing = [row for row in rows if (row.holder_id, row.image_id) not in pulled]
    in_force = _covering(pulled, [images])
    having = _covering(pulled | {(row.holder_id, row.image_id) for row in missing}, [images])
    return Holders(in_force, {row.holder_id: row for row in missing if row.holder_id in having})


def images_held(account_id: UUID, image_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the images that the account may pull for good. One query."""
    held = Entitlement.objects.in_force().for_good().filter(holder=account_id, image__in=image_ids)
    return set(held.values_list("image_id", flat=True))


def buyers_among(account_ids: Collection[UUID], product: Product) -> set[UUID]:
    """Return the accounts that ever had every image of the product bought, subscribed or for free, whatever has ended.

    Or every image of one of its editions. What staff or sellers gave, and what was only tried, does not count. Two queries for any number
    of accounts.
    """
    own = (*PAID, Entitlement.Source.FREE)
    sets = sets_sold(product)
    rows = Entitlement.objects.filter(holder__in=account_ids, source_kind__in=own, image__in=set().union(*sets))
    return _covering(rows.values_list("holder_id", "image_id").distinct(), sets)


def has_for_good(account: Account, image_ids: Collection[UUID]) -> bool:
    """Whether the account holds each of the images without an end, suspended or not."""
    held = Entitlement.objects.for_good().filter(holder=account, image__in=image_ids)
    return set(image_ids) <= set(held.values_list("image_id", flat=True))


def end_of_day(day: date) -> datetime:
    """Return until when access lasts whose last day is this one: to its last second in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


def _covering(pairs: Iterable[tuple[UUID, UUID]], sets: Sequence[AbstractSet[UUID]]) -> set[UUID]:
    """Return the holders, in pairs with their images, who have one of the sets of images; nobody where it is empty."""
    held: dict[UUID, set[UUID]] = {}
    for holder_id, image_id in pairs:
        held.setdefault(holder_id, set()).add(image_id)
    return {holder_id for holder_id, theirs in held.items() if any(one and one <= theirs for one in sets)}
