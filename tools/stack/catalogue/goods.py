"""The nouns of the demo's catalogue, and the licences its sellers use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.stack.recipes import Recipe

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by name, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Good:
    """A product as a seller would enter it; `name` ends its address. A bundle has no recipe of its own but names the images in it."""

    name: str
    title: str
    summary: str
    description: str
    category: str
    licence: Licence
    price: int
    alt: str
    picture: Callable[[], bytes]
    recipe: Callable[[], Recipe] | None = None
    holds: tuple[str, ...] = ()


def labels(title: str, licence: str, version: str) -> dict[str, str]:
    """Return the labels that registries and scanners look for (image-spec, "Pre-Defined Annotation Keys")."""
    prefix = "org.opencontainers.image"
    return {f"{prefix}.title": title, f"{prefix}.licenses": licence, f"{prefix}.version": version}


def certificates() -> dict[str, Path]:
    """Return the authorities that programs which speak TLS trust, where this machine has them."""
    return {str(CERTIFICATES): CERTIFICATES} if CERTIFICATES.exists() else {}


PER_COMPANY = Licence(
    "One company, any number of servers",
    """The buyer may run this image on any number of machines that the buyer controls, for as long as the buyer likes, and may build \
images on top of it for its own use.

The buyer may not pass the image on, sell it, or offer it to others as a service whose main point is the image itself. Contractors \
may run it while they work for the buyer.

The programs inside stay under their own licences, whose texts come with them; nothing here takes away a right that those give.

The seller keeps the tags that were sold available for at least two years. If the image does not do what its page says, the price is \
paid back within 30 days, no questions beyond "what did not work?".
""",
)
FREE_FOR_ALL = Licence(
    "BSD 2-Clause",
    """Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following \
conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in \
the documentation and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES ARE DISCLAIMED.
""",
)
