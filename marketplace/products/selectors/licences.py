"""Which kind of licence a name means. Pure."""

import re
from typing import Final

from marketplace.products.models import SearchEntry

# By the beginnings of SPDX's identifiers and of the names that people write for them, the narrower before the wider.
_KINDS: Final = (
    (SearchEntry.Licence.SOURCE_AVAILABLE, ("busl", "business source", "sspl", "server side public", "elastic", "polyform", "fsl", "fair")),
    (SearchEntry.Licence.COPYLEFT, ("gpl", "agpl", "lgpl", "gnu", "mpl", "mozilla", "epl", "eclipse", "cddl", "eupl", "cc-by-sa", "osl")),
    (
        SearchEntry.Licence.PERMISSIVE,
        ("mit", "apache", "bsd", "isc", "0bsd", "zlib", "unlicense", "postgresql", "python", "psf", "cc0", "cc-by-4", "bsl-1", "boost"),
    ),
)


def licence_named(name: str) -> str:
    """Return the kind of the licence that a seller named: what the filter of the search counts by."""
    plain = re.sub(r"^(the|new|modified|2-clause|3-clause)\s+", "", " ".join(name.lower().split()))
    if not plain:
        return SearchEntry.Licence.UNNAMED
    return next((kind for kind, beginnings in _KINDS if plain.startswith(beginnings)), SearchEntry.Licence.OTHER)
