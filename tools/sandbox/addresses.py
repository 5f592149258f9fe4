"""How an address of Stripe's is described: its method and path, the SDK's parameter type, and the function that acts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.lists import page

PART = re.compile(r"\{(key|part)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one address; the path's groups become the handler's `key` and `part`."""

    method: str
    path: re.Pattern[str]
    params: type
    run: Callable[..., dict[str, Any]]


def endpoint(method: str, path: str, params: type, run: Callable[..., dict[str, Any]]) -> Endpoint:
    """Describe one method on a path, whose `{key}` and `{part}` are ids."""
    return Endpoint(method, re.compile(PART.sub(r"(?P<\1>[^/]+)", path) + r"\Z"), params, run)


def retrieving(kind: str, param: str) -> Callable[..., dict[str, Any]]:
    """Return what answers with one object of a kind; `param` is its name in Stripe's error."""

    def retrieve(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
        return act.find(kind, key, param, param if param != "id" else None)

    return retrieve


def listing(kind: str, url: str) -> Callable[..., dict[str, Any]]:
    """Return what answers with a page of the objects of a kind."""

    def listed(act: Act, params: dict[str, Any]) -> dict[str, Any]:
        return page(act, kind, params, url)

    return listed


def readable(path: str, kind: str, param: str, retrieve: type, listed: type) -> list[Endpoint]:
    """Describe both ways to read the objects of a kind."""
    return [
        endpoint("GET", path, listed, listing(kind, path)),
        endpoint("GET", f"{path}/{{key}}", retrieve, retrieving(kind, param)),
    ]
