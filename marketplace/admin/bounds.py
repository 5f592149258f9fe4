"""How long the old state may still show after an act, in words: a token's lifetime and the registry's leeway."""

from datetime import timedelta

from django.conf import settings


def _minutes(lifetime: timedelta) -> str:
    return f"{(lifetime + settings.LAYERSTORE_TOKEN_LEEWAY) / timedelta(minutes=1):g} minutes"


PULL_ENDS = f"A pull token that is out works for up to {_minutes(settings.LAYERSTORE_PULL_TOKEN_LIFETIME)}."
PUSH_ENDS = f"A push token that is out works for up to {_minutes(settings.LAYERSTORE_PUSH_TOKEN_LIFETIME)}."
