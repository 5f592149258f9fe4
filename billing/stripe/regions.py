"""Where sellers' Stripe accounts may be, and when a sale must settle in their country instead of ours. No Django.

Source: docs.stripe.com/connect/destination-charges. A charge of ours may send its money on within our own region; for an account of
another region Stripe wants that account as the settlement merchant (`on_behalf_of`).
"""

from collections.abc import Mapping
from typing import Final

_EEA: Final[Mapping[str, str]] = {
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "HR": "Croatia", "CY": "Cyprus", "CZ": "Czechia", "DK": "Denmark",
    "EE": "Estonia", "FI": "Finland", "FR": "France", "DE": "Germany", "GR": "Greece", "HU": "Hungary", "IE": "Ireland", "IT": "Italy",
    "LV": "Latvia", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "MT": "Malta", "NL": "Netherlands", "NO": "Norway",
    "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SK": "Slovakia", "SI": "Slovenia", "ES": "Spain", "SE": "Sweden",
}  # fmt: skip
_REGIONS_OF_ONE: Final[Mapping[str, str]] = {
    "AU": "Australia", "CA": "Canada", "HK": "Hong Kong", "JP": "Japan", "NZ": "New Zealand", "SG": "Singapore", "CH": "Switzerland",
    "GB": "United Kingdom", "US": "United States",
}  # fmt: skip
COUNTRIES: Final[Mapping[str, str]] = dict(sorted({**_EEA, **_REGIONS_OF_ONE}.items(), key=lambda country: country[1]))


def in_another_region(country: str, *, ours: str) -> bool:
    """Whether an account in this country is outside of our region; no if either is not known.

    Args:
        country, ours: two capital letters (ISO 3166-1), or empty.
    """
    return bool(country and ours) and _region(country) != _region(ours)


def _region(country: str) -> str:
    return "EEA" if country in _EEA else country
