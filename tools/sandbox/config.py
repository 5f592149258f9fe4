"""The settings of one sandbox process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """Addresses, secrets and delays of one sandbox. Times are seconds, `public_url` has no final slash."""

    data: Path
    public_url: str
    webhook_url: str
    webhook_secret: str
    secret_key: str
    # events of connected accounts; empty: they go where all others go
    connect_webhook_url: str = ""
    connect_webhook_secret: str = ""
    country: str = "NO"  # of the platform
    # Stripe retries for three days; here the last attempt comes about a minute after the first.
    retry_delays: tuple[float, ...] = (0.5, 1, 2, 4, 8, 16, 30)
    webhook_timeout: float = 10
    settle_seconds: int = 30
    mails_kept: int = 1000
    clock: Callable[[], float] = time.time

    def now(self) -> int:
        """Unix time in whole seconds, as Stripe writes it."""
        return int(self.clock())
