"""In which currency a reader is shown prices where a product has several: the one that they chose, else that of their browser's region.

This says what a reader would like. What a product costs them follows from it in `marketplace.products.selectors.offers` alone.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Final

from babel.numbers import get_territory_currencies
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header

COOKIE: Final = "currency"
_FOR_PROGRAMS: Final = ("/api/", "/admin/")
_REGION: Final = 2  # letters; longer and shorter subtags are scripts, variants and the numbers of continents
_wanted: ContextVar[Sequence[str]] = ContextVar("wanted_currencies", default=())


class CurrencyMiddleware:
    """Answer a request in the reader's currency. The API, the admin and what runs outside of requests know none.

    An answer varies by the same headers as its language does, for which `LanguageMiddleware` tells caches.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _wanted.set(() if request.path_info.startswith(_FOR_PROGRAMS) else _wanted_by(request))
        try:
            return self.get_response(request)
        finally:
            _wanted.reset(token)


def wanted_currencies() -> Sequence[str]:
    """Return the currencies that the reader of this request would like, the first the most; none outside of requests."""
    return _wanted.get()


def want_currency(code: str) -> None:
    """Let the reader of this request want this currency alone, if the shop has it: that of their account."""
    if known_currency(code):
        _wanted.set([code])


def known_currency(code: str) -> str | None:
    """Return the currency of the shop that the code names, or None."""
    return code if code in settings.LAYERSTORE_CURRENCIES else None


def chosen_currency(request: HttpRequest) -> str:
    """Return the currency that the reader has chosen by hand without an account, or nothing."""
    return known_currency(request.COOKIES.get(COOKIE, "")) or ""


def _wanted_by(request: HttpRequest) -> Sequence[str]:
    chosen = chosen_currency(request)
    return [chosen] if chosen else _currencies_of(request.headers.get("Accept-Language", "")[:200])


@lru_cache(maxsize=1_000)
def _currencies_of(accepts: str) -> Sequence[str]:
    """Return the currencies of the regions that the header names, in its order (Unicode's CLDR, by Babel).

    A language without a region says nothing: English is read everywhere, and German in four countries with three currencies.
    """
    regions = (part for language, _ in parse_accept_lang_header(accepts) for part in language.split("-")[1:] if len(part) == _REGION)
    return [code.lower() for region in regions for code in get_territory_currencies(region.upper())]
