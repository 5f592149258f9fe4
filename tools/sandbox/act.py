"""One act on the sandbox: an API request, a click on a hosted page, a control command or the clock."""

from dataclasses import dataclass, replace
from typing import Any

import stripe

from tools.sandbox.config import Config
from tools.sandbox.errors import missing
from tools.sandbox.ids import new_id
from tools.sandbox.shapes import public, shaped
from tools.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts (`owner` is a connected account, or "" for the platform), and under which request."""

    config: Config
    store: Store
    owner: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None

    def now(self) -> int:
        """Unix time in whole seconds, as far ahead as the test clock was set."""
        return self.config.now() + int(self.store.switch("ahead") or 0)

    def of(self, owner: str) -> "Act":
        """The same act, done for another account."""
        return replace(self, owner=owner)

    def find(self, kind: str, key: str, param: str, name: str | None = None) -> dict[str, Any]:
        """The object of this owner.

        Raises:
            NotFound: none of this kind here; `param` and `name` are what Stripe would call them.
        """
        found = self.store.get(kind, key, self.owner)
        if found is None:
            raise missing(name or kind, key, param)
        return found

    def new_id(self, kind: str) -> str:
        """The id of a new object of this kind."""
        return new_id(kind)

    def make(self, kind: str, **values: object) -> dict[str, Any]:
        """A new object of this owner, written."""
        stamped = {"id": self.new_id(kind), "created": self.now(), **values}
        return self.store.add(shaped(kind, **stamped), self.owner)

    def emit(self, kind: str, body: dict[str, Any], *, account: str = "", was: dict[str, Any] | None = None) -> None:
        """Write the event with the object's present state, and its delivery; both or neither are committed.

        `was` holds the changed values' former ones. `account` is the connected account that the event happened on.
        """
        data: dict[str, Any] = {"object": public(body)} | ({"previous_attributes": was} if was else {})
        event = shaped(
            "event",
            id=new_id("event"),
            created=self.now(),
            type=kind,
            data=data,
            api_version=self.store.switch("api_version") or stripe.api_version,
            request={"id": self.request_id, "idempotency_key": self.idempotency_key},
        )
        origin = account or self.owner
        if origin:
            event["account"] = origin
        self.store.add(event, origin)
        held = self.store.rows("SELECT 1 FROM switches WHERE name = 'hold'")
        sql = "INSERT INTO deliveries (event, state, due) VALUES (?, ?, ?)"
        self.store.run(sql, event["id"], "held" if held else "due", self.config.clock())
