"""The page of ours that a request came from, by its Referer: where a switch, a refused form and a sign-in lead back to."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def page_before(request: HttpRequest) -> str:
    """Return the page of ours that the request came from, or the home page."""
    return _ours(request) or "/"


def path_before(request: HttpRequest) -> str:
    """Return path and query of the page of ours that the request came from; nothing if it came from elsewhere or does not say."""
    local = urlsplit(_ours(request))._replace(scheme="", netloc="").geturl()
    # The path itself may begin as an address of somebody else's does: //evil.example/
    return local if url_has_allowed_host_and_scheme(local, allowed_hosts=None) else ""


def _ours(request: HttpRequest) -> str:
    page = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return page if ours else ""
