"""System checks of the sale: sound prices under any settings, and the real Stripe in production."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's own word for it
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from billing.stripe.regions import COUNTRIES
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.db.outages import outages

_WHOLE = 100


@register()
def prices_make_sense(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  Django passes it
    **_kwargs: Any,
) -> list[CheckMessage]:
    """Check, under any settings, that our fee is a part of the price and that each smallest price can be charged."""
    found: list[CheckMessage] = []
    if not 0 <= settings.LAYERSTORE_APPLICATION_FEE_PERCENT <= _WHOLE:
        found.append(
            Error(
                f"LAYERSTORE_APPLICATION_FEE_PERCENT is {settings.LAYERSTORE_APPLICATION_FEE_PERCENT}: every sale would fail.",
                hint="Set it to a whole number from 0 to 100.",
                id="billing.E004",
            )
        )
    found += [
        Error(
            f"LAYERSTORE_SMALLEST_PRICES has {currency}:{amount}, which no price can be.",
            hint="Name minor units for currencies that the shop knows: eur:300,jpy:500. 0 leaves Stripe's own smallest charge.",
            id="billing.E006",
        )
        for currency, amount in settings.LAYERSTORE_SMALLEST_PRICES.items()
        if currency not in CURRENCIES or not 0 <= amount <= LARGEST_CHARGE
    ]
    return found


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
                "STRIPE_WEBHOOK_SECRET is not set: payments would be noticed late.",
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
    if not settings.LAYERSTORE_STRIPE_COUNTRY:
        found.append(
            Warning(
                "LAYERSTORE_STRIPE_COUNTRY is not set: sellers of other regions cannot be paid.",
                hint="Say in two letters where your Stripe account is.",
                id="billing.W003",
            )
        )
    elif settings.LAYERSTORE_STRIPE_COUNTRY not in COUNTRIES:
        found.append(
            Error(
                f"LAYERSTORE_STRIPE_COUNTRY is {settings.LAYERSTORE_STRIPE_COUNTRY}: Stripe has no accounts there.",
                hint="Two letters, as DE, GB or US.",
                id="billing.E007",
            )
        )
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_LIVEMODE:
        found.append(Warning("STRIPE_SECRET_KEY is a test key: no money moves.", hint="Use a live key to sell.", id="billing.W001"))
    return found


@register(Tags.database)
def stripe_lets_us(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  Django passes it
    databases: Iterable[str] | None = None,
    **_kwargs: Any,
) -> list[CheckMessage]:
    """Check that Stripe has lately refused nothing to our key; a warning, because the shop must start so that it can be mended."""
    if databases is None or DEFAULT_DB_ALIAS not in databases:
        return []
    try:
        away = list(outages().filter(dependency__startswith="Stripe key:"))
    except DatabaseError:  # no tables yet
        return []
    return [
        Warning(f"{row.dependency}: {row.reason}", hint="Nothing is lost meanwhile: it goes on once it may.", id="billing.W002")
        for row in away
    ]
