"""One sandbox in one process: its parts, made together and closed together."""

from dataclasses import dataclass

from tools.sandbox.act import Act
from tools.sandbox.clock import tick
from tools.sandbox.config import Config
from tools.sandbox.faults import Faults
from tools.sandbox.idempotency import Keys
from tools.sandbox.store import Store
from tools.sandbox.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class World:
    """What the pages and endpoints share."""

    config: Config
    store: Store
    keys: Keys
    faults: Faults
    webhooks: Webhooks

    @classmethod
    def opened(cls, config: Config) -> "World":
        """The world as it was left in the data folder, which is made if it is not there."""
        config.data.mkdir(parents=True, exist_ok=True)
        store = Store(config.data / "sandbox.sqlite3")
        webhooks = Webhooks(config, store, lambda: tick(config, store))
        return cls(config, store, Keys(store), Faults(), webhooks)

    def act(self, owner: str = "") -> Act:
        """An act without an API request behind it: a click or a control command."""
        return Act(self.config, self.store, owner)
