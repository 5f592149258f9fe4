"""Sales from before the sandbox was started: the same acts at moments of the past, under ids that the shop has. Nobody is told of them."""

from dataclasses import dataclass, field, replace
from typing import Any

from tools.sandbox import payments
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.refunds import create_refund
from tools.sandbox.sessions import create_session
from tools.sandbox.world import World

_KNOWN = {"session", "intent", "at", "last4", "params", "refunds"}


@dataclass(frozen=True)
class _Past(Act):
    """An act whose first object of a kind has a given id, and which sends no event."""

    ids: dict[str, str] = field(default_factory=dict)

    def new_id(self, kind: str) -> str:
        return self.ids.get(kind) or super().new_id(kind)

    def emit(self, kind: str, body: dict[str, Any], *, account: str = "", was: dict[str, Any] | None = None) -> None:
        """Whoever was to be told was told then."""


def take_history(world: World, sales: list[dict[str, Any]]) -> dict[str, int]:
    """Take in sales that were paid, each with its refunds; all or none. One that is known stays as it is.

    Args:
        sales: `session`, `intent`: their ids; `at`: Unix time; `last4`: of the card; `params`: what the API is given for such a session;
            `refunds`: `id`, `at` and `params` of each.

    Raises:
        InvalidRequest: a sale lacks something, or what the API refuses.
    """
    with world.store.transaction():
        return {"taken": sum(_take(world, sale) for sale in sales)}


def _take(world: World, sale: dict[str, Any]) -> bool:
    if set(sale) != _KNOWN:
        raise InvalidRequest(f"A sale has {', '.join(sorted(_KNOWN))}.", param="sales")
    if world.store.get("checkout.session", sale["session"]):
        return False
    act = _past(world, sale["at"], {"checkout.session": sale["session"], "payment_intent": sale["intent"]})
    session = create_session(act, sale["params"])
    payments.pay(act, session, session["customer_email"], sale["last4"])
    for refund in sale["refunds"]:
        create_refund(_past(world, refund["at"], {"refund": refund["id"]}), refund["params"])
    return True


def _past(world: World, at: int, ids: dict[str, str]) -> Act:
    return _Past(replace(world.config, clock=lambda: float(at)), world.store, ids=ids)
