"""How many requests of a process may wait for Stripe: fewer than it has threads, so that pages go on, however slow Stripe is.

A request takes a slot with its first call to Stripe and keeps it to its end. A request that finds no free slot is refused at once, and for
some seconds after Stripe has failed to answer in time, every request is. Workers wait as long as it takes: they delay no page.
"""

from collections.abc import Callable
from contextvars import ContextVar
from threading import BoundedSemaphore
from time import monotonic
from typing import Final

from django.http import HttpRequest, HttpResponse

from billing.stripe.errors import StripeAway, StripeBusy

SLOTS: Final = 2  # of the four threads of a web process (tools/stack/parts.py, docker-compose.yml)
PAUSE_SECONDS: Final = 5.0
_slots = BoundedSemaphore(SLOTS)
_paused_until: dict[str, float] = {}  # address → when requests may call it again


class _Slot:
    """The slot of one request, taken or not."""

    def __init__(self) -> None:
        self.taken = False

    def take(self) -> None:
        if not self.taken:
            if not _slots.acquire(blocking=False):
                raise StripeBusy
            self.taken = True

    def give_back(self) -> None:
        if self.taken:
            self.taken = False
            _slots.release()


_slot: ContextVar[_Slot | None] = ContextVar("stripe_slot", default=None)


class StripeSlotsMiddleware:
    """Gives back the slot that a request has taken."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slot = _Slot()
        before = _slot.set(slot)
        try:
            return self.get_response(request)
        finally:
            _slot.reset(before)
            slot.give_back()


def in_request() -> bool:
    """Whether a browser or a program is waiting for this, in one of the process's few threads."""
    return _slot.get() is not None


def take_slot(address: str) -> None:
    """Take a slot for the request that is running; outside of requests none is needed.

    Args:
        address: what the request is about to call.

    Raises:
        StripeBusy: all slots are taken.
        StripeAway: the address did not answer a moment ago.
    """
    slot = _slot.get()
    if slot is None:
        return
    if monotonic() < _paused_until.get(address, float("-inf")):
        raise StripeAway(cause="It did not answer a moment ago.")
    slot.take()


def pause_requests(address: str) -> None:
    """Let no request of this process call the address for some seconds: it has not answered in time."""
    if in_request():
        _paused_until[address] = monotonic() + PAUSE_SECONDS
