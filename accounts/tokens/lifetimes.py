"""How long what was given lasts after it was taken back."""

from django.conf import settings


def pull_ends_after_minutes() -> int:
    """Within how many minutes after a revocation the last registry token is dead: its lifetime and the registry's leeway, rounded up."""
    lasting = settings.LAYERSTORE_PULL_TOKEN_LIFETIME + settings.LAYERSTORE_TOKEN_LEEWAY
    return -(-int(lasting.total_seconds()) // 60)
