"""How long the sweeps of the sale keep trying: about three days, which is longer than Stripe has ever been away."""

from datetime import timedelta
from typing import Final

from common.db.claims import Backoff

EVENTS: Final = Backoff(first=timedelta(seconds=15), longest=timedelta(hours=1), most=80)
REFUNDS: Final = Backoff(first=timedelta(seconds=15), longest=timedelta(hours=1), most=80)
UNBOOKED: Final = Backoff(first=timedelta(minutes=10), longest=timedelta(days=1), most=20)
ORDERS: Final = Backoff(first=timedelta(minutes=1), longest=timedelta(hours=6), most=20)
