"""What sellers see of the pulls of their images, and which buyers they see by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, DateField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext, gettext_noop

from accounts.organisations.models import BUYING_ROLES, Membership
from marketplace.entitlements.models import PAID, Entitlement
from marketplace.images.models import Image
from marketplace.images.ownership import accounts_sold_for
from marketplace.insights.models import PullCount, PullerSketch

DAYS = 30
LISTED = 8  # tags, platforms or buyers by name; the rest is summed up
OTHERS, NO_TAG, UNKNOWN = gettext_noop("Others"), gettext_noop("by digest"), gettext_noop("unknown")


@dataclass(frozen=True, slots=True)
class Share:
    """A tag, a platform or a buyer, and how many of the pulls are theirs."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class PullFigures:
    """The pulls of an image in the last days.

    Attributes:
        days: every day, oldest first, including those without a pull.
    """

    days: Sequence[tuple[date, int]]
    tags: Sequence[Share]
    platforms: Sequence[Share]
    buyers: Sequence[Share]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.days)

    @property
    def busiest(self) -> tuple[date, int]:
        return max(self.days, key=lambda day: day[1])


@dataclass(frozen=True, slots=True)
class PullerFigures:
    """Approximately how many different pullers an image has had since midnight, Monday and the first of the month (UTC)."""

    day: int
    week: int
    month: int


def puller_figures(image: Image, *, today: date) -> PullerFigures:
    """Return the estimates of the current periods, as last written. One query."""
    periods = PullerSketch.Period
    now = {(period, period.of(today)) for period in periods}
    rows = PullerSketch.objects.filter(image=image, begins__in={begins for _, begins in now}).values_list("period", "begins", "distinct")
    estimates = {period: distinct for period, begins, distinct in rows if (period, begins) in now}
    return PullerFigures(*(estimates.get(period, 0) for period in (periods.DAY, periods.WEEK, periods.MONTH)))


def pull_figures(image: Image, *, today: date, viewer_id: UUID) -> PullFigures:
    """Add up the pulls of the last 30 days by day, tag, platform and buyer, as the viewer may know them. Four queries."""
    first = today - timedelta(days=DAYS - 1)
    rows = with_shown_buyer(PullCount.objects.filter(image=image, day__range=(first, today)), viewer_id=viewer_id)
    by_day = dict(_sums(rows, "day"))
    return PullFigures(
        days=[(day, by_day.get(day, 0)) for day in (first + timedelta(days=step) for step in range(DAYS))],
        tags=_shares(_sums(rows, "tag"), NO_TAG),
        platforms=_shares(_sums(rows, "platform"), UNKNOWN),
        buyers=_shares(_sums(rows, "shown_buyer"), OTHERS),
    )


def with_shown_buyer(rows: QuerySet[PullCount], *, viewer_id: UUID | None) -> QuerySet[PullCount]:
    """Annotate `shown_buyer`: the name of the buyer, if the viewer may know it, else an empty text.

    Whoever sees the image's sales knows every account that ever bought it, from the page of orders; instead of a member of an organisation
    that bought it, the organisation. An editor of an organisation sees no sales. Everybody who sells it knows the seller's own account.

    Args:
        viewer_id: the user; None for nobody, who knows no buyer.
    """
    orders = Entitlement.objects.filter(image=OuterRef("image"), source_kind__in=PAID)
    bought = orders.filter(holder=OuterRef("buyer")).values("holder__name")[:1]
    holders = Entitlement.objects.filter(image=OuterRef(OuterRef("image")), source_kind__in=PAID).values("holder")
    joined = (
        Membership.objects.filter(user__account=OuterRef("buyer"), account__in=holders).order_by("account__name").values("account__name")
    )
    sees_sales = Q(image__owner__in=accounts_sold_for(viewer_id, roles=BUYING_ROLES).values("pk"))
    known = Coalesce(Subquery(bought), Subquery(joined[:1]), Value(""))
    own = When(buyer=F("image__owner"), then=F("buyer__name"))
    return rows.annotate(shown_buyer=Case(own, When(sees_sales, then=known), default=Value(""), output_field=CharField()))


def pulls_of_purchase(source: OuterRef | Combinable) -> QuerySet[PullCount]:
    """Return the pulls of what a purchase gave, by whoever holds it or pulls for them, since the day on which they got it.

    Of a gift that is who claimed it: not who paid, and nobody before.

    Args:
        source: of its entitlements, as the query around this one knows it: the order, or the subscription.
    """
    by_holder = Q(buyer=F("image__entitlements__holder")) | Q(buyer__user__memberships__account=F("image__entitlements__holder"))
    since = Q(day__gte=Cast("image__entitlements__granted_at", DateField()))
    return PullCount.objects.filter(by_holder, since, image__entitlements__source_id=source, image__entitlements__source_kind__in=PAID)


def _sums(rows: QuerySet[PullCount], field: str) -> list[tuple[Any, int]]:
    return list(rows.order_by().values_list(field).annotate(sum=Sum("count")).order_by("-sum", field))


def _shares(sums: Sequence[tuple[str, int]], nameless: str) -> list[Share]:
    """List the largest by name; put what has no name, and the rest, at the end."""
    named = [Share(name, count) for name, count in sums if name]
    rest = sum(share.count for share in named[LISTED:])
    unnamed = sum(count for name, count in sums if not name)
    ends = [(nameless, unnamed), (OTHERS, rest)] if nameless != OTHERS else [(OTHERS, unnamed + rest)]
    return named[:LISTED] + [Share(gettext(name), count) for name, count in ends if count]
