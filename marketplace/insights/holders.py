"""What holders have pulled: a person by their own credentials; an organisation by its robots, and by its members'.

Members that have left since then are among them: else an organisation would have pulled nothing once whoever pulled for it is gone.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.organisations.models import Membership
from accounts.organisations.selectors import accounts_departed
from marketplace.insights.models import BuyerPull, PullCount


def _by_holder(holder_id: UUID, since: datetime) -> Q:
    members, departed = Membership.objects.filter(account=holder_id), accounts_departed(holder_id, since=since)
    return Q(buyer=holder_id) | Q(buyer__in=members.values("user__account")) | Q(buyer__in=departed.values("pk"))


def pulls_of_holder(holder_id: UUID, *, image_ids: Collection[UUID], since: datetime) -> QuerySet[PullCount]:
    """Return the counted pulls of these images by the holder, from that day (UTC) on."""
    return PullCount.objects.filter(_by_holder(holder_id, since), image__in=image_ids, day__gte=since.astimezone(UTC).date())


def proofs_of_holder(holder_id: UUID, *, image_ids: Collection[UUID], since: datetime) -> QuerySet[BuyerPull]:
    """Return what is kept of each such pull: when, from where and with what; for a time, and only where the registry told of it singly."""
    return BuyerPull.objects.filter(_by_holder(holder_id, since), image__in=image_ids, last_at__gte=since)
