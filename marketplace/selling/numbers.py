"""How a seller's figures are asked for and written: the period, the product and the currency; figures beside those of the period before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext

from accounts.sellers.models import SellerProfile
from common.ids import read_id
from common.languages import number, separated
from common.money import Money
from marketplace.insights.figures import Figures, PeriodFigures, figures_of, last_whole_day
from marketplace.insights.findings import Figure
from marketplace.insights.outlook import Outlook, count_outlooks_of, outlooks_of
from marketplace.insights.periods import Unit
from marketplace.insights.sentences import label_of
from marketplace.products.models import Product

LISTED = 100  # products to choose from; the newest ones


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the current period, and how it differs from the period before.

    Attributes:
        change: empty where nothing has changed and there is no percentage to say so.
        better: None where there is no better or worse.
    """

    label: str
    value: str
    change: str
    better: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many came so far, and what part of those who came to the step before, in percent; None where nobody did.

    Attributes:
        share: the same part, from 0 to 1; of the first step, all.
    """

    label: str
    count: int
    percent: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the dashboard shows of a seller's figures.

    Attributes:
        product: the one that is shown alone; None for all.
        currency: of the revenue that is drawn.
        trend_of: what is drawn with its trend and forecast.
        outlook: these; None where nothing happened yet, or a worker has not come to it.
    """

    figures: Figures
    product: Product | None
    products: Sequence[Product]
    currency: str
    trend_of: Figure
    outlook: Outlook | None

    @property
    def unit(self) -> Unit:
        return self.figures.unit

    @property
    def units(self) -> list[tuple[str, str]]:
        """The choices of the period."""
        return [
            (Unit.DAY.value, gettext("Last 30 days")),
            (Unit.WEEK.value, gettext("Last 26 weeks")),
            (Unit.MONTH.value, gettext("Last 12 months")),
        ]

    @property
    def trends(self) -> list[tuple[str, str]]:
        """The choices of what is drawn with its trend."""
        return [(figure.value, label_of(figure)) for figure in Figure]

    @property
    def is_empty(self) -> bool:
        """Whether nobody has looked, bought or pulled in all the periods that are shown."""
        return not any(each.views or each.pulls or each.checkouts or each.orders or each.refunds for each in self.figures.periods)

    @property
    def shown_currencies(self) -> Sequence[str]:
        """The currencies of the table: those of the sales, or the one that is drawn."""
        return self.figures.currencies or [self.currency]

    @property
    def headlines(self) -> list[Headline]:
        """The figures of the current period beside the same days of the one before."""
        now, before = self.figures.current, self.figures.before
        return [
            *(
                _of_money(self._in(code, gettext("Revenue, after refunds")), now.revenue(code), before.revenue(code))
                for code in self.shown_currencies
            ),
            _of_count(gettext("Orders"), now.orders, before.orders),
            _of_count(gettext("Pulls"), now.pulls, before.pulls),
            _of_count(gettext("Distinct pullers"), now.pullers, before.pullers, note=f"± {separated('0.81')} %"),
            _of_count(gettext("Views"), now.views, before.views),
            *(_refunds(self._in(code, gettext("Refunds and disputes")), now, before, code) for code in self.shown_currencies),
        ]

    def _in(self, currency: str, label: str) -> str:
        """Name the currency where there are several."""
        return f"{label}, {currency.upper()}" if len(self.shown_currencies) > 1 else label

    @property
    def revenue(self) -> list[int]:
        """Minor units of the drawn currency, for each period."""
        return [each.revenue(self.currency).minor for each in self.figures.periods]

    @property
    def funnel(self) -> list[FunnelStep]:
        """From the page to the first pull, over all the periods that are shown; renewals are no step, for nobody goes to checkout."""
        counts = [sum(getattr(each, name) for each in self.figures.periods) for name in ("views", "checkouts", "purchases", "first_pulls")]
        labels = (gettext("Opened the page"), gettext("Went to checkout"), gettext("Paid"), gettext("Pulled"))
        return [
            FunnelStep(label, count, round(100 * count / before) if place and before else None, min(count / before, 1) if before else 0)
            for place, (label, count, before) in enumerate(zip(labels, counts, (counts[0], *counts), strict=False))
        ]

    @property
    def stuck(self) -> int:
        """How many purchases have no pull of whoever holds them since."""
        return sum(each.purchases - each.first_pulls for each in self.figures.periods)


def numbers_of(seller: SellerProfile, asked: Mapping[str, str], *, until: date | None = None) -> Numbers:
    """Answer what a page was asked: `by` day, week or month, one `product`, the `currency` that is drawn, the `trend` of what.

    Four queries.

    Raises:
        Http404: the product is not the seller's.
    """
    unit = Unit(asked["by"]) if asked.get("by") in set(Unit) else Unit.MONTH
    products = list(Product.objects.filter(seller=seller).only("title", "slug", "seller").order_by("-created_at", "pk")[:LISTED])
    product = _chosen(seller, products, asked.get("product", ""))
    product_id = product.pk if product else None
    figures = figures_of(seller_id=seller.pk, product_id=product_id, unit=unit, until=until or last_whole_day())
    known = [*figures.currencies, settings.LAYERSTORE_CURRENCIES[0]]
    currency = asked["currency"] if asked.get("currency") in known else known[0]
    trend_of = Figure(asked["trend"]) if asked.get("trend") in set(Figure) else Figure.REVENUE
    if trend_of is Figure.REVENUE:
        outlooks = outlooks_of(seller_id=seller.pk, product_id=product_id, currency=currency)
    else:
        outlooks = count_outlooks_of(seller_id=seller.pk, product_id=product_id, figure=trend_of)
    return Numbers(figures, product, products, currency, trend_of, outlooks[0] if outlooks else None)


def _chosen(seller: SellerProfile, products: Sequence[Product], text: str) -> Product | None:
    if not text:
        return None
    product_id = read_id(text)
    if product_id is None:
        raise Http404
    found = next((product for product in products if product.pk == product_id), None)
    found = found or Product.objects.filter(seller=seller, pk=product_id).first()
    if found is None:
        raise Http404
    return found


def _of_money(label: str, now: Money, before: Money) -> Headline:
    """Write an amount that may be below zero: of less than nothing there is no percentage, so there the difference is an amount."""
    change = _percent(now.minor, before.minor) if before.minor >= 0 else _difference(now, before)
    return Headline(label, str(now), change, _rose(now.minor, before.minor))


def _of_count(label: str, now: int, before: int, *, note: str = "") -> Headline:
    return Headline(label, number(now), _percent(now, before), _rose(now, before), note)


def _refunds(label: str, now: PeriodFigures, before: PeriodFigures, currency: str) -> Headline:
    """Write what went back: more of it is worse."""
    back, then = now.went_back(currency), before.went_back(currency)
    more = _rose(back.minor, then.minor)
    return Headline(label, str(back), _difference(back, then), None if more is None else not more)


def _difference(now: Money, before: Money) -> str:
    return "" if now == before else f"{'+' if now.minor > before.minor else ''}{now - before}"


def _percent(now: int, before: int) -> str:
    if now == before:
        return "" if not now else "±0 %"
    if not before:
        return gettext("from nothing")
    return separated(f"{100 * (now - before) / before:+.1f} %".replace("-", "−"))


def _rose(now: int, before: int) -> bool | None:
    return None if now == before else now > before
