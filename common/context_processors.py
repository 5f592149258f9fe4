"""What every template may ask for."""

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict[str, object]:
    """Give the address that images are pulled from, the reader's theme, and the mailbox of a demo."""
    theme = request.COOKIES.get("theme")
    return {
        "host": settings.LAYERSTORE_IMAGE_HOST,
        "public_url": settings.LAYERSTORE_PUBLIC_URL,
        "mailbox_url": settings.LAYERSTORE_MAILBOX_URL,
        "theme": theme if theme in THEMES else "system",
    }
