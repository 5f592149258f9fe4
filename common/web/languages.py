"""In which language a request is answered: a visitor's choice or the browser's; `accounts` puts an account's before it."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

_ADMIN: Final = "/admin/"


class LanguageMiddleware:
    """Answer in the language of the cookie, else of Accept-Language, else in English; and say which one it is.

    The admin is English for everybody. So is what caches may keep for everybody: a view that says so writes no words in the reader's
    language, and its answer neither names one nor varies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            response = self.get_response(request)
            if "public" not in response.get("Cache-Control", ""):
                response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
                patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response


def is_english_for_everybody(request: HttpRequest) -> bool:
    """Whether the address is one of the staff's."""
    return request.path_info.startswith(_ADMIN)


def language_of(request: HttpRequest) -> str:
    """Return the language that the request itself asks for."""
    return settings.LANGUAGE_CODE if is_english_for_everybody(request) else translation.get_language_from_request(request)


def known_language(code: str) -> str | None:
    """Return the language of ours that the code names; None for what none of them is, which stands for the browser's."""
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return None
