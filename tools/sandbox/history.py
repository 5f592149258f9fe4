"""Sales from before the sandbox was started: the same acts at moments of the past, under ids that the shop has. Nobody is told of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tools.sandbox import payments
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.refunds import create_refund
from tools.sandbox.sessions import create_session
from tools.sandbox.world import World

_KNOWN = {"session", "intent", "at", "last4", "params", "refunds"}
_SOURCES = {"transfer": "transfer", "transfer_refund": "transfer_reversal"}  # of which the account knows a part by another id
_TOLD = ("id", "type", "source", "amount", "fee", "currency", "created", "available_on")


@dataclass(frozen=True)
class _Past(Act):
    """An act whose first object of a kind has a given id, and which sends no event.

    Attributes:
        moved: the ids of the movements of the platform's balance that it and others of the same sale have made.
    """

    ids: dict[str, str] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def new_id(self, kind: str) -> str:
        return self.ids.get(kind) or super().new_id(kind)

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        made = super().make(kind, **values)
        if kind == "balance_transaction" and not self.owner:
            self.moved.append(made["id"])
        return made

    def emit(self, kind: str, body: dict[str, Any], *, account: str = "", was: dict[str, Any] | None = None) -> None:
        """Whoever was to be told was told then."""


def take_history(world: World, sales: list[dict[str, Any]]) -> dict[str, Any]:
    """Take in sales that were paid, each with its refunds; all or none. One that is known stays as it is.

    Returns:
        `taken`: how many were not known; `moved`: by their session, what the platform's balance gained and lost, each as the balance
        transaction has it, with the `refund` that a reversal belongs to and by what the seller's account knows it (`counterpart`).

    Args:
        sales: `session`, `intent`: their ids; `at`: Unix time; `last4`: of the card; `params`: what the API is given for such a session;
            `refunds`: `id`, `at` and `params` of each.

    Raises:
        InvalidRequest: a sale lacks something, or what the API refuses.
    """
    with world.store.transaction():
        moved = {sale["session"]: _take(world, sale) for sale in sales if not _is_known(world, sale)}
        return {"taken": len(moved), "moved": {session: list(_movements(world, ids)) for session, ids in moved.items()}}


def _is_known(world: World, sale: dict[str, Any]) -> bool:
    if set(sale) != _KNOWN:
        raise InvalidRequest(f"A sale has {', '.join(sorted(_KNOWN))}.", param="sales")
    return world.store.get("checkout.session", sale["session"]) is not None


def _take(world: World, sale: dict[str, Any]) -> list[str]:
    """Let a sale have happened; return the ids of what it moved."""
    moved: list[str] = []
    act = _past(world, sale["at"], {"checkout.session": sale["session"], "payment_intent": sale["intent"]}, moved)
    session = create_session(act, sale["params"])
    payments.pay(act, session, session["customer_email"], sale["last4"])
    for refund in sale["refunds"]:
        create_refund(_past(world, refund["at"], {"refund": refund["id"]}, moved), refund["params"])
    return moved


def _movements(world: World, ids: list[str]) -> Iterator[dict[str, Any]]:
    for key in ids:
        entry = world.store.get("balance_transaction", key) or {}
        source = world.store.get(_SOURCES.get(entry["type"], ""), entry["source"]) or {}
        counterpart = source.get("destination_payment") or source.get("destination_payment_refund")
        told = {name: entry[name] for name in _TOLD}
        yield told | {"refund": source.get("source_refund") or "", "counterpart": counterpart or ""}


def _past(world: World, at: int, ids: dict[str, str], moved: list[str]) -> Act:
    return _Past(replace(world.config, clock=lambda: float(at)), world.store, ids=ids, moved=moved)
