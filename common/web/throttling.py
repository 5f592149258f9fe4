"""Applies the rate limits to requests: each act with a limit is counted before its view runs, on pages and in the API alike."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from common.web.client import address_of
from common.web.pages import error_page, say_when_to_retry
from common.web.rate_limits import UNLIMITED, Charge, Doer, RateLimitReached, charge, counts_mailboxes, give_back

WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
EVERY_WRITE: Final = "write"  # counted for each request that writes, beside its own act
_CHARGED: Final = "layerstore_charges"
_REFUSED: Final = 400


class RateLimitMiddleware:
    """Count what a page is asked to do, answer 429 at the limit, and give back what the page itself refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= _REFUSED:
            give_back(getattr(request, _CHARGED, []))
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> HttpResponse | None:
        """Count; the API does so by itself, once it knows whose token was shown."""
        if hasattr(getattr(view, "cls", None), "throttle_classes"):  # a view of Django REST framework
            return None
        try:
            _charge(request, request.user, mailbox=lambda: request.POST.get("email", ""))
        except RateLimitReached as reached:
            return say_when_to_retry(error_page(request, reached.status, reached.message), reached)
        return None


class RateLimitThrottle(BaseThrottle):
    """The same for the API. A refusal is the domain error, which says when to try again."""

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002  DRF passes it
        """Count the act.

        Raises:
            RateLimitReached: the limit is reached.
        """
        django_request = request._request  # noqa: SLF001  DRF, "Requests": Django's own, which the middleware sees
        _charge(django_request, request.user, mailbox=lambda: _mailbox_in(request.data))
        return True


def _mailbox_in(body: object) -> str:
    """Return the address to which a program has something mailed; empty where its request names none."""
    return str(body.get("email", "")) if isinstance(body, Mapping) else ""


def act_of(method: str, route: str) -> str | None:
    """Return what a request to an address does, `UNLIMITED` for one without a limit; None where the table says nothing."""
    routes: dict[str, str] = import_string(settings.LAYERSTORE_RATE_LIMITED_ROUTES)
    if (own := routes.get(f"{method} {route}")) is not None or method not in WRITING:
        return own
    # Django's views of forms take a PUT for a POST, and those that delete a DELETE.
    return routes.get(f"POST {route}", EVERY_WRITE if route.startswith("admin:") else None)


def _charge(request: HttpRequest, user: Any, *, mailbox: Callable[[], str] = str) -> None:
    method, match = request.method or "", request.resolver_match
    own = act_of(method, match.view_name) if match else None
    wanted = {act for act in (own, EVERY_WRITE if method in WRITING else None) if act}
    if own == UNLIMITED or not wanted:
        return
    charges: list[Charge] = []
    setattr(request, _CHARGED, charges)
    written_to = mailbox() if any(map(counts_mailboxes, wanted)) else ""
    doer = Doer(account=user.pk if user.is_authenticated else None, address=address_of(request), mailbox=written_to)
    try:
        for act in sorted(wanted):
            charges += charge(act, doer)
    except RateLimitReached:
        give_back(charges)
        raise
