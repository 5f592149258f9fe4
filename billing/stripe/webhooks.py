"""Webhooks: what Stripe delivers is believed only if Stripe has signed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import stripe

from billing.stripe.errors import InvalidWebhook
from common.web.request_checks import is_storable_text

OUR_VERSION: Final = stripe.api_version
_LONGEST_ID: Final = 255  # Stripe's own bound


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook: what happened to which object. The object's state is not read from here."""

    event_id: str
    type: str
    object_id: str
    account_id: str
    livemode: bool
    api_version: str

    @property
    def is_of_our_version(self) -> bool:
        """Whether Stripe speaks of it as our SDK does. An event that names no version is no witness against it."""
        return self.api_version in {"", OUR_VERSION}


def verify_event(payload: bytes, signature: str, secrets: Sequence[str]) -> Delivery:
    """Return what a webhook says, once one of the secrets has signed it within five minutes (stripe.com/docs/webhooks#verify-manually).

    Raises:
        InvalidWebhook: no, wrong or stale signature, altered body, or not an event.
    """
    if not signature.isascii():  # Stripe's is hexadecimal, and the SDK's comparison raises TypeError for letters beyond ASCII
        raise InvalidWebhook
    for secret in secrets:
        try:
            event: stripe.Event = stripe.Webhook.construct_event(payload, signature, secret)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        except (AttributeError, TypeError, RecursionError) as error:  # signed, and no object that the SDK can read
            raise InvalidWebhook from error
        return _read_event(event)
    raise InvalidWebhook


def _read_event(event: stripe.Event) -> Delivery:
    try:
        subject, livemode = event.data.object, event.livemode
        delivery = Delivery(
            event_id=_text(event.id),
            type=_text(event.type),
            object_id=_text(getattr(subject, "id", None)),
            account_id=_text(getattr(event, "account", None)),
            livemode=livemode,
            api_version=_text(getattr(event, "api_version", None)),
        )
    except AttributeError as error:
        raise InvalidWebhook from error
    if not isinstance(livemode, bool):  # signed, and still not as Stripe's SDK declares it
        raise InvalidWebhook
    return delivery


def _text(value: object) -> str:
    """Return an id or a type, empty where there is none.

    Raises:
        InvalidWebhook: it is something else, or longer than Stripe's are.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_ID or not is_storable_text(value):
        raise InvalidWebhook
    return value
