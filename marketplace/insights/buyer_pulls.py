"""Pulls of bought images by who bought them, or by members of an organisation that did: when, from where and with what.

Evidence, kept for a time (ADR 0062).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.organisations.models import PULLING_ROLES, Membership
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.insights.models import BuyerPull
from marketplace.insights.services import CountedPull

_LONGEST_CLIENT: Final = 200
_UNPAID: Final = (Entitlement.Source.FREE, Entitlement.Source.STAFF, Entitlement.Source.SELLER, Entitlement.Source.TRIAL)
_ADD: Final = """
INSERT INTO marketplace_buyerpull AS stored (id, buyer_id, image_id, day, digest, address, client, first_at, last_at, count)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::inet[], %s::text[],
                     %s::timestamptz[], %s::timestamptz[], %s::bigint[])
    ON CONFLICT (buyer_id, image_id, day, digest, address, client) DO UPDATE SET count = stored.count + excluded.count,
       first_at = least(stored.first_at, excluded.first_at), last_at = greatest(stored.last_at, excluded.last_at)
"""
_Key = tuple[UUID, UUID, date, str, str | None, str]


@dataclass(frozen=True, slots=True)
class SeenPull:
    """A pull by an account, as the registry told of it.

    Attributes:
        subject: the registry token's.
        address: with its port, or without it; whatever is no address counts as none.
        client: the user agent.
    """

    repository: str
    digest: str
    subject: str
    at: datetime
    address: str
    client: str


def note_buyer_pulls(*, seen: Iterable[SeenPull], counted: Sequence[CountedPull]) -> int:
    """Keep those of the pulls that somebody made of what they, or their organisation, have bought; return how many rows were written.

    Call it in the transaction that counted them, which holds the images' locks.
    """
    whose = {(each.pull.repository, each.pull.subject): (each.buyer_id, each.image_id) for each in counted if each.buyer_id is not None}
    bought = _bought(whose.values())
    rows: dict[_Key, list[datetime]] = {}
    for pull in seen:
        pair = whose.get((pull.repository, pull.subject))
        if pair is not None and pair in bought:
            rows.setdefault(_key(pull, *pair), []).append(pull.at)
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        times = [[found(at) for at in rows.values()] for found in (min, max, len)]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [[new_id() for _ in rows], *columns, *times])
    return len(rows)


def _key(pull: SeenPull, buyer_id: UUID, image_id: UUID) -> _Key:
    return buyer_id, image_id, pull.at.astimezone(UTC).date(), pull.digest, _address(pull.address), pull.client[:_LONGEST_CLIENT]


def _bought(pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    wanted = set(pairs)
    if not wanted:
        return set()
    pullers, images = ({pair[part] for pair in wanted} for part in (0, 1))
    pull_for = _who_pulls_for(pullers)
    held = Entitlement.objects.live().filter(holder__in=pull_for, image__in=images).exclude(source_kind__in=_UNPAID)
    bought = held.order_by().values_list("holder", "image").distinct()
    return {(puller, image) for holder, image in bought for puller in pull_for[holder]} & wanted


def _who_pulls_for(pullers: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return by each account which of these pull what it holds: itself, and the members of an organisation."""
    pull_for = defaultdict[UUID, set[UUID]](set, {puller: {puller} for puller in pullers})
    members = Membership.objects.filter(user__account__in=list(pull_for), role__in=PULLING_ROLES)
    for holder, puller in members.order_by().values_list("account", "user__account"):
        pull_for[holder].add(puller)
    return pull_for


def _address(text: str) -> str | None:
    for part in (text, text.rpartition(":")[0]):  # with its port, or without it where a proxy named the client
        try:
            return str(ip_address(part.strip("[]")))
        except ValueError:
            continue
    return None


def forget_buyer_pulls(*, now: datetime) -> int:
    """Delete what is older than the setting allows; return how many rows."""
    oldest = (now - settings.LAYERSTORE_BUYER_PULLS_KEPT).date()
    return BuyerPull.objects.filter(day__lt=oldest).delete()[0]
