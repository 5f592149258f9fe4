"""Signing keys in templates: when they expire. No private key is read."""

from django import template
from django.conf import settings
from django.utils import timezone

from registry_auth.keys.index import Ending, endings

register = template.Library()


@register.simple_tag
def expiring_keys() -> list[Ending]:
    """Return the certificates in use that expire soon, for staff to renew; none if no keys were made yet."""
    try:
        return endings(settings.LAYERSTORE_KEYS_DIR, now=timezone.now())
    except FileNotFoundError:
        return []
