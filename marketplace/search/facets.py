"""The filters of a search: each narrows what was found, and each of its choices is counted beside what was chosen in the others.

A filter is one row of `FILTERS`. One on a new column of `SearchEntry` is one row more, and a digit of `SearchEntry.kind`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, In
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from marketplace.images.platforms import platform_named
from marketplace.products.models import Category, SearchEntry
from marketplace.products.services.search_entries import AGES, PLATFORMS, SIZES

Condition = Q | GreaterThan | In
_SIZE_NAMES: Final = (*map(str, SIZES), "more")
_AGE_NAMES: Final = tuple(map(str, AGES))
_LICENCES: Final = tuple(str(kind.value) for kind in SearchEntry.Licence)
_VERIFIED: Final = 2  # of the last digit of a kind


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Attributes:
        name: its parameter in the address.
        choices: value and label of each, in order; none where they are rows of a table.
        has: the values that an entry of this category and this kind (`SearchEntry.kind`) has.
        narrow: entries that have any of these values.
        read: the value that a text in the address means; the text itself where that says it.
    """

    name: str
    legend: str | Promise
    choices: tuple[tuple[str, str | Promise], ...]
    has: Callable[[str | None, int], Iterable[str]]
    narrow: Callable[[Collection[str]], Condition]
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


def _stands_on(values: Collection[str]) -> In:
    # Not as the column itself: the planner would begin at a shelf's index and read the words of all that stands on it, which lie elsewhere.
    return In(Coalesce("category", Value(""), output_field=CharField()), list(values))


def _costs(values: Collection[str]) -> Q:
    return Q(cost=0) if set(values) == {"free"} else Q(cost__gt=0) if set(values) == {"paid"} else Q(cost__gte=0)


def _runs_on(values: Collection[str]) -> Condition:
    bits = sum(1 << PLATFORMS.index(value) for value in set(values))
    return GreaterThan(F("platforms").bitand(bits), 0)


FILTERS: Final = (
    Filter(
        "category",
        gettext_lazy("Category"),
        (),
        has=lambda category, _: [category] if category else [],
        narrow=_stands_on,
    ),
    Filter(
        "price",
        gettext_lazy("Price"),
        (("free", gettext_lazy("Free")), ("paid", pgettext_lazy("what a product costs", "Paid"))),
        has=lambda _, kind: ["free" if kind % 2 else "paid"],
        narrow=_costs,
    ),
    Filter(
        "platform",
        gettext_lazy("Platform"),
        tuple((platform, platform) for platform in PLATFORMS),
        has=lambda _, kind: [platform for number, platform in enumerate(PLATFORMS) if kind // 10_000 >> number & 1],
        narrow=_runs_on,
        read=platform_named,
    ),
    Filter(
        "seller",
        gettext_lazy("Seller"),
        (("verified", gettext_lazy("Verified domain")),),
        has=lambda _, kind: ["verified"] if kind % 10 & _VERIFIED else [],
        narrow=lambda _: Q(verified=True),
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
        has=lambda _, kind: [_SIZE_NAMES[kind // 100 % 10]],
        narrow=lambda values: Q(size__in=[_SIZE_NAMES.index(value) for value in values]),
    ),
    Filter(
        "licence",
        gettext_lazy("Licence"),
        tuple((str(kind.value), kind.label) for kind in SearchEntry.Licence),
        has=lambda _, kind: [_LICENCES[kind // 1_000 % 10]],
        narrow=lambda values: Q(licence__in=values),
    ),
    Filter(
        "updated",
        gettext_lazy("Updated"),
        (
            ("30", gettext_lazy("Within 30 days")),
            ("90", gettext_lazy("Within 90 days")),
            ("365", gettext_lazy("Within a year")),
        ),
        has=lambda _, kind: _AGE_NAMES[kind // 10 % 10 :],
        narrow=lambda values: Q(age__lte=max(map(_AGE_NAMES.index, values))),
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
    return entries.filter(*(one.narrow(chosen[one.name]) for one in FILTERS if one.name in chosen))


def count_choices(entries: QuerySet[SearchEntry], chosen: Chosen) -> Counted:
    """Count, for each choice of each filter, what it would leave, given the other filters. Two statements, whatever is chosen.

    The database counts the entries of each kind, of which a larger shop has hardly more; the rest is arithmetic with these.
    """
    total, without = 0, Counter[str]()
    counts: dict[str, Counter[str]] = {one.name: Counter() for one in FILTERS}
    kinds = entries.order_by().values_list("kind", "category_id").annotate(products=Count("*"))
    for kind, category, products in kinds:
        values = _values(category, kind)
        failed = [name for name, wanted in chosen.items() if values[name].isdisjoint(wanted)]
        if len(failed) > 1:
            continue
        total += 0 if failed else products
        for name in failed or chosen:
            without[name] += products
        for name in failed or counts:
            for value in values[name]:
                counts[name][value] += products
    choices = {one.name: _choices(one, counts[one.name], chosen) for one in FILTERS}
    return Counted(total, choices, {name: without[name] for name in chosen})


@lru_cache(maxsize=10_000)
def _values(category: str | None, kind: int) -> dict[str, frozenset[str]]:
    """Return what each filter sees in an entry."""
    return {one.name: frozenset(one.has(category, kind)) for one in FILTERS}


def _choices(one: Filter, counts: Counter[str], chosen: Chosen) -> list[Choice]:
    checked = chosen.get(one.name, ())
    choices = one.choices or tuple((category.slug, category.label) for category in Category.objects.order_by("position", "name"))
    return [
        Choice(value, str(label), counts[value], value in checked)
        for value, label in choices
        if counts[value] or value in checked or one.name == "price"
    ]
