"""The filters of a search: each narrows what was found, and each of its choices is counted beside what was chosen in the others.

A filter is one row of `FILTERS`. One on a new column of `SearchEntry`, say whether the seller's domain is verified, is one row more; the
column also goes into the index `search_entry_facets`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Case, Count, ExpressionWrapper, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields import BooleanField
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from marketplace.images.platforms import platform_named
from marketplace.products.models import Category, SearchEntry
from marketplace.products.services.search_entries import PLATFORMS, SIZES

Condition = Q | GreaterThan
_DAYS: Final = {
    30: gettext_lazy("Within 30 days"),
    90: gettext_lazy("Within 90 days"),
    365: gettext_lazy("Within a year"),
}
_SIZE_NAMES: Final = (*map(str, SIZES), "more")


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Attributes:
        name: its parameter in the address.
        choices: value and label of each, in order; none where they are rows of a table.
        key: what is counted of an entry.
        has: the values that an entry with this key has.
        narrow: entries that have any of these values.
        read: the value that a text in the address means; the text itself where that says it.
    """

    name: str
    legend: str | Promise
    choices: tuple[tuple[str, str | Promise], ...]
    key: Callable[[datetime], Combinable]
    has: Callable[[str], Iterable[str]]
    narrow: Callable[[Collection[str], datetime], Condition]
    read: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, and how many products it would leave."""

    value: str
    label: str
    count: int
    checked: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """How much was found.

    Attributes:
        total: with every filter.
        choices: of each filter, by its name.
        without: with every filter but this one, for each that is in use.
    """

    total: int
    choices: Mapping[str, list[Choice]]
    without: Mapping[str, int]


Chosen = Mapping[str, Collection[str]]


def _costs(values: Collection[str], _: datetime) -> Q:
    return Q(cost=0) if set(values) == {"free"} else Q(cost__gt=0) if set(values) == {"paid"} else Q(cost__gte=0)


def _runs_on(values: Collection[str], _: datetime) -> Condition:
    bits = sum(1 << PLATFORMS.index(value) for value in set(values))
    return GreaterThan(F("platforms").bitand(bits), 0)


def _since(days: int, now: datetime) -> datetime:
    # To the hour: the same question is the same statement for a while.
    return (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)


FILTERS: Final = (
    Filter(
        "category",
        gettext_lazy("Category"),
        (),
        key=lambda _: F("category_id"),
        has=lambda key: [key],
        narrow=lambda values, _: Q(category__in=values),
    ),
    Filter(
        "price",
        gettext_lazy("Price"),
        (("free", gettext_lazy("Free")), ("paid", gettext_lazy("One-off"))),
        key=lambda _: Case(When(cost=0, then=Value("free")), default=Value("paid")),
        has=lambda key: [key],
        narrow=_costs,
    ),
    Filter(
        "platform",
        gettext_lazy("Platform"),
        tuple((platform, platform) for platform in PLATFORMS),
        key=lambda _: F("platforms"),
        has=lambda key: [platform for number, platform in enumerate(PLATFORMS) if int(key) >> number & 1],
        narrow=_runs_on,
        read=platform_named,
    ),
    Filter(
        "size",
        gettext_lazy("Size of a pull"),
        (
            ("50", gettext_lazy("Up to 50 MB")),
            ("250", gettext_lazy("50 to 250 MB")),
            ("1000", gettext_lazy("250 MB to 1 GB")),
            ("more", gettext_lazy("Over 1 GB")),
        ),
        key=lambda _: F("size"),
        has=lambda key: [_SIZE_NAMES[int(key)]],
        narrow=lambda values, _: Q(size__in=[_SIZE_NAMES.index(value) for value in values]),
    ),
    Filter(
        "licence",
        gettext_lazy("Licence"),
        tuple((str(kind.value), kind.label) for kind in SearchEntry.Licence),
        key=lambda _: F("licence"),
        has=lambda key: [key],
        narrow=lambda values, _: Q(licence__in=values),
    ),
    Filter(
        "updated",
        gettext_lazy("Updated"),
        tuple((str(days), label) for days, label in _DAYS.items()),
        key=lambda now: Case(
            *(When(changed_at__gte=_since(days, now), then=Value(days)) for days in _DAYS),
            default=Value(0),
            output_field=IntegerField(),
        ),
        has=lambda key: [str(days) for days in _DAYS if 0 < int(key) <= days],
        narrow=lambda values, now: Q(changed_at__gte=_since(max(map(int, values)), now)),
    ),
)


def read_filters(given: Callable[[str], Collection[str]]) -> Chosen:
    """Return what was chosen. What no filter knows is left out, except a category: one that is gone finds nothing.

    Args:
        given: the values of a parameter in the address.
    """
    chosen = {}
    for one in FILTERS:
        known = dict(one.choices)
        values = [one.read(value) for value in given(one.name)]
        kept = [value for value in dict.fromkeys(values) if value in known or (not known and value.isprintable())]
        if kept:
            chosen[one.name] = kept
    return chosen


def narrowed(entries: QuerySet[SearchEntry], chosen: Chosen) -> QuerySet[SearchEntry]:
    """Leave the entries that every filter leaves; several values of one filter mean any of them."""
    now = timezone.now()
    return entries.filter(*(one.narrow(chosen[one.name], now) for one in FILTERS if one.name in chosen))


def count_choices(entries: QuerySet[SearchEntry], chosen: Chosen) -> Counted:
    """Count, for each choice of each filter, what it would leave, given the other filters. Two statements, whatever is chosen."""
    rows = _counted(entries, chosen)
    return Counted(
        total=rows.get("", Counter()).total(),
        choices={one.name: _choices(one, rows.get(one.name, Counter()), chosen) for one in FILTERS},
        without={name: rows.get(f"-{name}", Counter()).total() for name in chosen},
    )


def _counted(entries: QuerySet[SearchEntry], chosen: Chosen) -> dict[str, Counter[str]]:
    """Count what was found by the keys of all filters at once, and then that by the key of each.

    The first step reads each entry once, the others only how many there are of each kind, which is no more in a larger shop.
    """
    now = timezone.now()
    keys = {f"key_{one.name}": one.key(now) for one in FILTERS}
    kept = {
        f"kept_{one.name}": ExpressionWrapper(Q(one.narrow(chosen[one.name], now)), BooleanField()) for one in FILTERS if one.name in chosen
    }
    kinds = entries.order_by().annotate(**keys, **kept).values(*keys, *kept).annotate(products=Count("*"))
    sql, params = kinds.query.sql_with_params()
    parts = ["SELECT '', '', sum(products) FROM kinds" + _where(kept)]  # noqa: S608  names of ours
    for one in FILTERS:
        others = _where(set(kept) - {f"kept_{one.name}"})
        parts.append(f"SELECT '{one.name}', key_{one.name}::text, sum(products) FROM kinds{others} GROUP BY 2")  # noqa: S608  as above
    parts += [f"SELECT '-{name}', '', sum(products) FROM kinds" + _where(set(kept) - {f"kept_{name}"}) for name in chosen]  # noqa: S608  as above
    found: dict[str, Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH kinds AS MATERIALIZED ({sql}) " + " UNION ALL ".join(parts), params)
        for name, key, products in cursor.fetchall():
            if key is not None and products is not None:
                found.setdefault(name, Counter())[key] += int(products)
    return found


def _where(conditions: Collection[str]) -> str:
    return f" WHERE {' AND '.join(sorted(conditions))}" if conditions else ""


def _choices(one: Filter, keys: Counter[str], chosen: Chosen) -> list[Choice]:
    counts: Counter[str] = Counter()
    for key, products in keys.items():
        for value in one.has(key):
            counts[value] += products
    checked = chosen.get(one.name, ())
    choices = one.choices or tuple((category.slug, category.label) for category in Category.objects.order_by("position", "name"))
    return [
        Choice(value, str(label), counts[value], value in checked)
        for value, label in choices
        if counts[value] or value in checked or one.name == "price"
    ]
