"""How long a registry token lives, and until when it may still work after what it grants was taken back.

Whoever signs a token, frees a name or tells people about either asks here: these settings are read nowhere else.
"""

from datetime import timedelta

from django.conf import settings

SHORTEST_LIFETIME = timedelta(seconds=60)  # clients take less for a mistake (distribution, token.md)


def pull_token_lifetime() -> timedelta:
    """Return how long a token that only pulls lives."""
    return max(SHORTEST_LIFETIME, settings.LAYERSTORE_PULL_TOKEN_LIFETIME)


def push_token_lifetime() -> timedelta:
    """Return how long a token that pushes or deletes lives."""
    return max(SHORTEST_LIFETIME, settings.LAYERSTORE_PUSH_TOKEN_LIFETIME)


def push_ends_after() -> timedelta:
    """Return how long after its last issue a push token may still work: its lifetime, and the registry's leeway beyond it."""
    return push_token_lifetime() + settings.LAYERSTORE_TOKEN_LEEWAY


def pull_ends_after_minutes() -> int:
    """Return within how many minutes of a revocation the last pull token has stopped working: its lifetime and the leeway, rounded up."""
    return _minutes(pull_token_lifetime() + settings.LAYERSTORE_TOKEN_LEEWAY)


def push_ends_after_minutes() -> int:
    """Return the same for a push token."""
    return _minutes(push_ends_after())


def _minutes(duration: timedelta) -> int:
    return -(-duration // timedelta(minutes=1))
