"""Public addresses: the one place that joins LAYERSTORE_PUBLIC_URL with a path. Nothing is made from the Host header of a request."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import escape_uri_path


def absolute(viewname: str, *args: object, **query: str) -> str:
    """Return the full public address of a view, as the URL configuration spells it.

    Args:
        viewname: as for `django.urls.reverse`, e.g. "billing:order". Only processes that serve pages and the worker know these names.
        args: what the view's pattern takes.
        query: what follows the question mark.

    Raises:
        NoReverseMatch: no view is called so, or it takes other arguments.
    """
    return absolute_path(reverse(viewname, args=args), **query)


def absolute_path(path: str, **query: str) -> str:
    """Return the full public address of a path that something else made; or of a literal one, in the token process, which knows no views.

    Args:
        path: with its first slash, e.g. what `product_url` returns.
        query: what follows the question mark.
    """
    return f"{settings.LAYERSTORE_PUBLIC_URL}{path}" + (f"?{urlencode(query)}" if query else "")


def path_typed(text: str) -> str:
    """Return the path of a page of this shop, without its outer slashes, whether somebody typed it or pasted the page's whole address."""
    typed, shop = text.strip(), f"{settings.LAYERSTORE_PUBLIC_URL}/"
    if typed.lower().startswith(shop.lower()):
        typed = typed[len(shop) :].partition("#")[0].partition("?")[0]
    return typed.strip("/")


def canonical_address(request: HttpRequest) -> str:
    """Return the one address of what the request reads: without parameters but the number of a later page (RFC 6596)."""
    try:
        page = request.GET.get("page", "")
    except TooManyFieldsSent:  # the page that says so has an address, too
        page = ""
    later = page.isascii() and page.isdecimal() and int(page[:6]) > 1
    return absolute_path(escape_uri_path(request.path), **({"page": page[:6]} if later else {}))


def token_realm() -> str:
    """Return where registry clients get their tokens: the realm of the challenge (distribution's token specification)."""
    return absolute_path("/auth/token")  # the token process has no URL configuration of Django's


def image_reference(repository: str, *, tag: str = "") -> str:
    """Return an image as docker takes it: `HOST/namespace/name`, and `:tag` if there is one. It has no scheme."""
    return f"{settings.LAYERSTORE_IMAGE_HOST}/{repository}" + (f":{tag}" if tag else "")
