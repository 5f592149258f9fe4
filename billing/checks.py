"""What the sale must not be without on the internet."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's own word for it


@register(Tags.security)
def stripe_is_real(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  Django passes it
    **_kwargs: Any,
) -> list[CheckMessage]:
    """Check, under production settings, that money moves and that nobody but Stripe can say it has."""
    if not settings.LAYERSTORE_PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if not settings.STRIPE_SECRET_KEY:
        found.append(Error("STRIPE_SECRET_KEY is not set: nothing can be sold.", hint="Copy it from Stripe.", id="billing.E001"))
    if not settings.STRIPE_WEBHOOK_SECRET:
        found.append(
            Error(
                "STRIPE_WEBHOOK_SECRET is not set: payments would be heard of late.",
                hint="Copy it from the webhook endpoint at Stripe; two endpoints, two secrets with a comma between them.",
                id="billing.E002",
            )
        )
    if settings.STRIPE_API_BASE:
        found.append(
            Error(
                "STRIPE_API_BASE is set: payments would go to something that is not Stripe.",
                hint="Only the sandbox needs it. Unset it.",
                id="billing.E003",
            )
        )
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_LIVEMODE:
        found.append(Warning("STRIPE_SECRET_KEY is a test key: no money moves.", hint="Use a live key to sell.", id="billing.W001"))
    return found
