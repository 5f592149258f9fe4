"""Where sellers' Stripe accounts may be, and when a sale must settle in their country instead of ours.

Source: docs.stripe.com/connect/destination-charges. A charge of ours may send its money on within our own region; for an account of
another region Stripe wants that account as the settlement merchant (`on_behalf_of`).
"""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_noop

_EEA: Final[Mapping[str, str]] = {
    "AT": gettext_noop("Austria"),
    "BE": gettext_noop("Belgium"),
    "BG": gettext_noop("Bulgaria"),
    "HR": gettext_noop("Croatia"),
    "CY": gettext_noop("Cyprus"),
    "CZ": gettext_noop("Czechia"),
    "DK": gettext_noop("Denmark"),
    "EE": gettext_noop("Estonia"),
    "FI": gettext_noop("Finland"),
    "FR": gettext_noop("France"),
    "DE": gettext_noop("Germany"),
    "GR": gettext_noop("Greece"),
    "HU": gettext_noop("Hungary"),
    "IE": gettext_noop("Ireland"),
    "IT": gettext_noop("Italy"),
    "LV": gettext_noop("Latvia"),
    "LI": gettext_noop("Liechtenstein"),
    "LT": gettext_noop("Lithuania"),
    "LU": gettext_noop("Luxembourg"),
    "MT": gettext_noop("Malta"),
    "NL": gettext_noop("Netherlands"),
    "NO": gettext_noop("Norway"),
    "PL": gettext_noop("Poland"),
    "PT": gettext_noop("Portugal"),
    "RO": gettext_noop("Romania"),
    "SK": gettext_noop("Slovakia"),
    "SI": gettext_noop("Slovenia"),
    "ES": gettext_noop("Spain"),
    "SE": gettext_noop("Sweden"),
}
_REGIONS_OF_ONE: Final[Mapping[str, str]] = {
    "AU": gettext_noop("Australia"),
    "CA": gettext_noop("Canada"),
    "HK": gettext_noop("Hong Kong"),
    "JP": gettext_noop("Japan"),
    "NZ": gettext_noop("New Zealand"),
    "SG": gettext_noop("Singapore"),
    "CH": gettext_noop("Switzerland"),
    "GB": gettext_noop("United Kingdom"),
    "US": gettext_noop("United States"),
}
COUNTRIES: Final[Mapping[str, str]] = dict(sorted({**_EEA, **_REGIONS_OF_ONE}.items(), key=lambda country: country[1]))


def in_another_region(country: str, *, ours: str) -> bool:
    """Whether an account in this country is outside of our region; no if either is not known.

    Args:
        country, ours: two capital letters (ISO 3166-1), or empty.
    """
    return bool(country and ours) and _region(country) != _region(ours)


def _region(country: str) -> str:
    return "EEA" if country in _EEA else country
