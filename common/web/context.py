"""Variables that every template has."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from common.web.currencies import chosen_currency
from common.web.links import canonical_address

THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict[str, object]:
    """Return what every page shows.

    The host that images are pulled from, whether passkeys work there, a demo's mailbox, the page's own address, the theme, each
    language by its own name, the shop's currencies and which of them the reader has chosen.
    """
    theme = request.COOKIES.get("theme")
    return {
        "host": settings.LAYERSTORE_IMAGE_HOST,
        "passkeys_work": not _is_address(urlsplit(settings.LAYERSTORE_PUBLIC_URL).hostname or ""),
        "mailbox_url": settings.LAYERSTORE_MAILBOX_URL,
        "canonical": canonical_address(request),
        "theme": theme if theme in THEMES else "system",
        "languages": settings.LANGUAGES,
        "shop_currencies": settings.LAYERSTORE_CURRENCIES,
        "chosen_currency": chosen_currency(request),
    }


def _is_address(host: str) -> bool:
    """Whether the host is an IP address, which cannot be an RP ID, so that browsers refuse passkeys there (WebAuthn level 2, 5.1.2)."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
