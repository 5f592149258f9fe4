"""The sellers of the full demo shop, their images and products, as goods.toml has them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from common.money import Money, read_money

_FILE: Final = Path(__file__).with_name("goods.toml")


@dataclass(frozen=True, slots=True)
class Said:
    """A review: how many stars, in which words, and what its seller answered."""

    rating: int
    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """A product: what its page says, what it costs, and how it went.

    Attributes:
        slug: the last part of its address.
        holds: names of its images, in their order.
        earlier: what it cost until two months ago, if that was something else.
        trend: a `series.Trend`.
        sold: how many were sold a day, in the mean.
        pulls: a day, of what everybody may pull.
        views: a day.
        picture: a figure of `tools.stack.pictures`, if it has a picture.
    """

    slug: str
    title: str
    summary: str
    description: str
    category: str
    licence: str
    price: Money
    holds: tuple[str, ...]
    trend: str
    sold: float = 0.0
    pulls: float = 0.0
    views: float = 0.0
    earlier: Money | None = None
    picture: str = ""
    reviews: tuple[Said, ...] = ()

    @property
    def is_free(self) -> bool:
        return not self.price.minor


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """An image as its seller builds it, for each platform and version.

    Attributes:
        versions: name and age in days, oldest first.
        layers: the command that makes each, and about how many kilobytes it has; they come on top of those of the stack.
        copies: the repository of another seller whose layers are in it.
        sbom: media type of the bill of materials that lies beside it.
        attested: whether BuildKit left a statement about the build in its index.
    """

    name: str
    versions: tuple[tuple[str, int], ...]
    platforms: tuple[str, ...]
    stack: str = ""
    layers: tuple[tuple[str, int], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    workdir: str = ""
    signed: bool = False
    sbom: str = ""
    attested: bool = False
    copies: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A seller, or an organisation that sells.

    Attributes:
        owner: the user name of who runs it.
        members: of an organisation: user names and roles.
        since: days ago.
    """

    namespace: str
    name: str
    owner: str
    country: str
    since: int
    images: tuple[ImageSpec, ...]
    products: tuple[Goods, ...]
    domain: str = ""
    handle: str = ""
    members: tuple[tuple[str, str], ...] = ()

    @property
    def is_organisation(self) -> bool:
        return bool(self.handle)


@cache
def read_shops() -> tuple[Shop, ...]:
    """Return all sellers."""
    return tuple(_shop(raw) for raw in _document()["seller"])


@cache
def read_licences() -> dict[str, str]:
    """Return the text of each licence, by its name."""
    return {name: raw["text"].strip() + "\n" for name, raw in _document()["licences"].items()}


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _shop(raw: dict[str, Any]) -> Shop:
    single = [_goods(image["product"] | {"slug": image["name"], "holds": [image["name"]]}) for image in raw["image"] if "product" in image]
    bundles = [_goods(bundle) for bundle in raw.get("bundle", [])]
    return Shop(
        namespace=raw["namespace"],
        name=raw["shop"],
        owner=raw["owner"],
        country=raw["country"],
        since=raw["since"],
        images=tuple(map(_image, raw["image"])),
        products=tuple(chain(single, bundles)),
        domain=raw.get("domain", ""),
        handle=raw.get("handle", ""),
        members=tuple((name, role) for name, role in raw.get("members", [])),
    )


def _image(raw: dict[str, Any]) -> ImageSpec:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items() if key != "product"}
    pairs = {key: tuple(map(tuple, values[key])) for key in ("versions", "layers") if key in values}
    return ImageSpec(**({"platforms": ("amd64",)} | values | pairs))


def _goods(raw: dict[str, Any]) -> Goods:
    values = {key: value for key, value in raw.items() if key not in {"price", "earlier_price", "reviews", "holds", "description"}}
    return Goods(
        **values,
        description=raw["description"].strip() + "\n",
        holds=tuple(raw["holds"]),
        price=_money(raw["price"]),
        earlier=_money(raw["earlier_price"]) if "earlier_price" in raw else None,
        reviews=tuple(Said(*review) for review in raw.get("reviews", [])),
    )


def _money(text: str) -> Money:
    amount, _, currency = text.partition(" ")
    money = read_money(amount, currency)
    if money is None:
        raise ValueError(f"{text!r} is no amount with its currency.")
    return money
