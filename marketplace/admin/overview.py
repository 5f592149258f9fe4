"""Pulls, views and top shops in staff's overview."""

from collections.abc import Iterator

from common.admin.overview import Fact, page_of_rows, panel
from marketplace.images.models import Image, Manifest
from marketplace.insights.figures import figures_of, last_whole_day, top_shops
from marketplace.insights.models import DailyFigures, PullCount
from marketplace.insights.periods import Unit


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
