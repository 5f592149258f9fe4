"""How long the reading of a statement keeps trying, and when the next one is due."""

from datetime import datetime, timedelta
from typing import Final

from common.db.claims import Backoff

STATEMENTS: Final = Backoff(first=timedelta(minutes=2), longest=timedelta(hours=6), most=20)
HOUR_OF_THE_NIGHT: Final = 2  # UTC


def next_night(now: datetime) -> datetime:
    """Return when a statement that is done now is due again."""
    tonight = now.replace(hour=HOUR_OF_THE_NIGHT, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)
