"""How many requests of a process may wait for Stripe: fewer than it has threads, so that pages and health find one, however slow Stripe is.

A request takes a place with its first question to Stripe and keeps it to its end. One that finds none is refused at once, and so are all
for some seconds once Stripe has not answered in time. Workers wait for Stripe as long as it takes: they hold up no page.
"""

from collections.abc import Callable
from contextvars import ContextVar
from threading import BoundedSemaphore
from time import monotonic
from typing import Final

from django.http import HttpRequest, HttpResponse

from billing.stripe.errors import StripeAway, StripeBusy

AT_ONCE: Final = 2  # of the four threads of a web process (tools/stack/parts.py, docker-compose.yml)
LEFT_ALONE_SECONDS: Final = 5.0
_places = BoundedSemaphore(AT_ONCE)
_left_alone_until: dict[str, float] = {}  # address → when it may be asked again


class _Visit:
    """One request, and whether it has a place."""

    def __init__(self) -> None:
        self.has_place = False

    def enter(self) -> None:
        if not self.has_place:
            if not _places.acquire(blocking=False):
                raise StripeBusy
            self.has_place = True

    def leave(self) -> None:
        if self.has_place:
            self.has_place = False
            _places.release()


_visit: ContextVar[_Visit | None] = ContextVar("stripe_visit", default=None)


class StripePlacesMiddleware:
    """Gives back the place that a request has taken."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        visit = _Visit()
        before = _visit.set(visit)
        try:
            return self.get_response(request)
        finally:
            _visit.reset(before)
            visit.leave()


def in_request() -> bool:
    """Whether somebody waits for this with a browser or a program, in one of the few threads that there are."""
    return _visit.get() is not None


def take_place(address: str) -> None:
    """Take a place for the request that runs now; outside of requests nobody needs one.

    Args:
        address: whom the request is about to ask.

    Raises:
        StripeBusy: as many wait already.
        StripeAway: nobody answered there a moment ago.
    """
    visit = _visit.get()
    if visit is None:
        return
    if monotonic() < _left_alone_until.get(address, float("-inf")):
        raise StripeAway(cause="It did not answer a moment ago.")
    visit.enter()


def leave_alone(address: str) -> None:
    """Let no request of this process ask there for some seconds: there was no answer in time."""
    if in_request():
        _left_alone_until[address] = monotonic() + LEFT_ALONE_SECONDS
