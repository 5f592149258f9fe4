"""An account's language and currency; and who may enter the admin: staff only, and with a second factor if the settings require it."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext

from accounts.people.requests import signed_in
from common.web.currencies import want_currency
from common.web.languages import is_english_for_everybody, known_language


class AccountLanguageMiddleware:
    """Answer who is signed in in the language and the currency of their account, if they have chosen them.

    `LanguageMiddleware` and `CurrencyMiddleware`, further out, end both with the request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _may_ask_for_an_account(request):
            language = known_language(getattr(request.user, "language", ""))
            if language is not None:
                translation.activate(language)
            want_currency(getattr(request.user, "currency", ""))
        return self.get_response(request)


def _may_ask_for_an_account(request: HttpRequest) -> bool:
    """Whether to look who it is: not without a session, and not for a picture in a page, which caches may keep for everybody."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_session and not request.headers.get("Accept", "").startswith("image/") and not is_english_for_everybody(request)


class AdminAccessMiddleware:
    """Let only staff see pages of the admin; with LAYERSTORE_SECOND_FACTOR_FOR_STAFF, only after a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Answer 403 or a redirect instead of a page of the admin; Django itself sends strangers to the login."""
        match, user = request.resolver_match, request.user
        if match is None or "admin" not in match.app_names or not user.is_authenticated:
            return None
        if not user.is_staff:
            raise PermissionDenied
        if not settings.LAYERSTORE_SECOND_FACTOR_FOR_STAFF or _has_shown_second_factor(request):
            return None
        return _ask_for_second_factor(request)


def _has_shown_second_factor(request: HttpRequest) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, signed_in(request)))


def _ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    ways = [way["url"] for way in get_adapter().get_reauthentication_methods(request.user) if way["id"].startswith("mfa_")]
    if not ways:
        messages.warning(request, gettext("The admin needs a second factor. Set one up here, then continue."))
        return redirect("mfa_index")
    return redirect(f"{ways[0]}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")
