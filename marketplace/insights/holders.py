"""What holders have pulled: a person by their own credentials; an organisation by its robots, and by its members'."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.organisations.models import Membership
from marketplace.insights.models import PullCount


def pulls_of_holder(holder_id: UUID, *, image_ids: Collection[UUID], since: datetime) -> QuerySet[PullCount]:
    """Return the counted pulls of these images by the holder, from that day (UTC) on; those of members who have left are not among them."""
    members = Membership.objects.filter(account=holder_id).values("user__account")
    by_holder = Q(buyer=holder_id) | Q(buyer__in=members)
    return PullCount.objects.filter(by_holder, image__in=image_ids, day__gte=since.astimezone(UTC).date())
