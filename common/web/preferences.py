"""What a reader chooses without an account, kept in a cookie for a year: the theme, the language, and the currency of prices."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from common.web.came_from import page_before
from common.web.currencies import COOKIE as CURRENCY_COOKIE
from common.web.currencies import known_currency
from common.web.languages import known_language

_YEAR: Final = 31_536_000


@require_http_methods(["GET", "HEAD", "POST"])
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice of light, dark or system, and return to the page with the switch."""
    choice = request.GET.get("theme") or request.POST.get("theme")
    response = HttpResponseRedirect(page_before(request), status=303)
    _keep(response, request, "theme", choice if choice in {"light", "dark"} else None)
    return response


@csrf_exempt  # whoever forges it shows a visitor the shop in another language; a form's token would set a cookie on every public page
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep a visitor's language, and return to the page with the switch."""
    response = HttpResponseRedirect(page_before(request), status=303)
    _keep(response, request, settings.LANGUAGE_COOKIE_NAME, known_language(request.POST.get("language", "")))
    return response


@csrf_exempt  # as the language
@require_POST
def currency(request: HttpRequest) -> HttpResponse:
    """Keep the currency in which somebody wants to see prices, and return to the page; what is none of ours leaves it to the browser."""
    response = HttpResponseRedirect(page_before(request), status=303)
    _keep(response, request, CURRENCY_COOKIE, known_currency(request.POST.get("currency", "")))
    return response


def _keep(response: HttpResponse, request: HttpRequest, name: str, value: str | None) -> None:
    if value is None:
        response.delete_cookie(name, samesite="Lax")
    else:
        response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
