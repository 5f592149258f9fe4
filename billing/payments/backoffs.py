"""How long the sweeps of the sale keep trying: about three days, which is longer than Stripe has ever been away."""

from datetime import timedelta
from typing import Final

from common.db.claims import Backoff

EVENTS: Final = Backoff(first=timedelta(seconds=15), longest=timedelta(hours=1), most=80)
REFUNDS: Final = Backoff(first=timedelta(seconds=15), longest=timedelta(hours=1), most=80)
UNBOOKED: Final = Backoff(first=timedelta(minutes=10), longest=timedelta(days=1), most=20)
# The first wait is longer than an attempt takes: each attempt has a key of its own at Stripe, so no two may run at once.
EVIDENCE: Final = Backoff(first=timedelta(minutes=5), longest=timedelta(minutes=30), most=400)  # until a bank's deadline, about a week
REVERSALS: Final = Backoff(
    first=timedelta(minutes=1), longest=timedelta(days=1), most=60
)  # seven weeks: later sales make up for an empty balance
ORDERS: Final = Backoff(first=timedelta(minutes=1), longest=timedelta(hours=6), most=20)
PAYOUTS: Final = Backoff(first=timedelta(hours=1), longest=timedelta(days=1), most=30)  # within the month in which it is asked about
