"""What holders have pulled: a person by their own credentials; an organisation by its robots, and by its members'."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.organisations.models import Membership
from marketplace.insights.models import BuyerPull, PullCount


def _by_holder(holder_id: UUID) -> Q:
    return Q(buyer=holder_id) | Q(buyer__in=Membership.objects.filter(account=holder_id).values("user__account"))


def pulls_of_holder(holder_id: UUID, *, image_ids: Collection[UUID], since: datetime) -> QuerySet[PullCount]:
    """Return the counted pulls of these images by the holder, from that day (UTC) on; those of members who have left are not among them."""
    return PullCount.objects.filter(_by_holder(holder_id), image__in=image_ids, day__gte=since.astimezone(UTC).date())


def proofs_of_holder(holder_id: UUID, *, image_ids: Collection[UUID], since: datetime) -> QuerySet[BuyerPull]:
    """Return what is kept of each such pull: when, from where and with what; for a time, and only where the registry told of it singly."""
    return BuyerPull.objects.filter(_by_holder(holder_id), image__in=image_ids, last_at__gte=since)
