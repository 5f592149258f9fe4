"""Pulls, views, top shops, and what waits for a decision, in staff's overview."""

from collections.abc import Iterator

from common.admin.overview import Fact, page_of_rows, panel
from marketplace.images.models import Image, Manifest
from marketplace.insights.figures import figures_of, last_whole_day, top_shops
from marketplace.insights.models import DailyFigures, PullCount
from marketplace.insights.periods import Unit
from marketplace.moderation.models import Report
from marketplace.resale.models import ResaleFlag


@panel("Pulls", permission="marketplace.view_pullcount")
def pulls() -> Iterator[Fact]:
    """Show the month so far, until yesterday, beside the same days of the month before; and what cannot be read."""
    figures, rows = figures_of(seller_id=None, unit=Unit.MONTH, until=last_whole_day()), page_of_rows(PullCount)
    now, before = figures.current, figures.before
    yield Fact(f"Pulls of {now.begins:%B}", f"{now.pulls:,}, before {before.pulls:,}", rows)
    yield Fact("Distinct pullers, ± 0.81 %", f"{now.pullers:,}, before {before.pullers:,}", rows)
    yield Fact("Views", f"{now.views:,}, before {before.views:,}")
    unreadable = Manifest.objects.filter(given_up_at__isnull=False).count()
    yield Fact("Manifests given up", f"{unreadable:,}", page_of_rows(Manifest, given_up_at__isempty=0), alarming=unreadable > 0)
    down = Image.objects.filter(taken_down_at__isnull=False).count()
    yield Fact("Images taken down", f"{down:,}", page_of_rows(Image, taken_down_at__isempty=0))


@panel("Top shops", permission="marketplace.view_dailyfigures")
def shops() -> Iterator[Fact]:
    """Show who sold most in the month so far, by orders."""
    for seller, figures in top_shops(unit=Unit.MONTH, until=last_whole_day()):
        revenue = ", ".join(str(figures.revenue(code)) for code in sorted(figures.paid))
        yield Fact(seller.display_name, f"{figures.orders:,} orders, {revenue}", page_of_rows(DailyFigures, seller__exact=str(seller.pk)))


@panel("Reports", permission="marketplace.view_report")
def reports() -> Iterator[Fact]:
    """Count reports that wait for a decision, those that nobody looks after, and appeals."""
    waiting = Report.objects.waiting()
    unowned, appeals = waiting.filter(owner__isnull=True).count(), waiting.filter(state=Report.State.APPEALED).count()
    yield Fact("Reports waiting", f"{waiting.count():,}", page_of_rows(Report, queue="waiting"))
    yield Fact("Nobody’s yet", f"{unowned:,}", page_of_rows(Report, queue="unowned"), alarming=unowned > 0)
    yield Fact("Appeals", f"{appeals:,}", page_of_rows(Report, state__exact=Report.State.APPEALED), alarming=appeals > 0)


@panel("Resale flags", permission="marketplace.view_resaleflag")
def resale() -> Iterator[Fact]:
    """Count pushes that hold what another seller sells, and that nobody has judged."""
    waiting = ResaleFlag.objects.filter(closed_at__isnull=True).count()
    yield Fact("Flags waiting", f"{waiting:,}", page_of_rows(ResaleFlag, closed_at__isempty=1), alarming=waiting > 0)
