"""How Stripe is called: the official SDK, with time limits and two kinds of failure. The functions beside this module say what is called.

Each of them raises `StripeAway` (nothing is known, the same call again is safe) or `StripeRefused` (final), and RuntimeError inside a
transaction: no row lock is ever held while another computer thinks. Few requests may call at once (`billing.stripe.request_slots`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final, NamedTuple

import stripe
from django.conf import settings
from django.db import connection

from billing.stripe.errors import StripeAccountGone, StripeAway, StripeKeyRefused, StripeRefused
from billing.stripe.request_slots import in_request, pause_requests, take_slot
from common.db.outages import begin_outage, end_outage
from common.ops.metrics import counted_call
from common.ops.tracing import span

DEPENDENCY = "stripe"


class Patience(NamedTuple):
    """How long one call may take."""

    connect: float  # seconds
    answer: float  # seconds
    retries: int  # by the SDK, with the same key, after failures that come and go; outages are for the sweeps


_OF_WORKERS: Final = Patience(3.05, 10, 2)
_OF_REQUESTS: Final = Patience(3.05, 8, 1)  # a person is waiting, and so is a thread
_AWAY: Final = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
_NO_ACCOUNT: Final = re.compile(r"\bNo such (account|destination):")  # both have the code `resource_missing`, which many others have too
_PERMISSION: Final = re.compile(r"rak_\w+")


@lru_cache(maxsize=8)
def _client_for(key: str, base: str, patience: Patience) -> stripe.StripeClient:
    http = stripe.RequestsClient(timeout=(patience.connect, patience.answer))
    if base:
        return stripe.StripeClient(key, base_addresses={"api": base, "files": base}, http_client=http, max_network_retries=patience.retries)
    return stripe.StripeClient(key, http_client=http, max_network_retries=patience.retries)


@contextmanager
def api(purpose: str) -> Iterator[stripe.V1Services]:
    """Yield the SDK's v1 services; translate what they raise.

    Args:
        purpose: what is called for, as staff read it if our key may not do it.
    """
    if connection.in_atomic_block:
        msg = "Stripe is never called inside a transaction."
        raise RuntimeError(msg)
    base = settings.STRIPE_API_BASE
    take_slot(base)
    try:
        with span("Stripe", purpose=purpose), counted_call(DEPENDENCY, away=_AWAY):
            yield _client_for(settings.STRIPE_SECRET_KEY, base, _OF_REQUESTS if in_request() else _OF_WORKERS).v1
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise _not_allowed(error, purpose) from error
    except _AWAY as error:
        if isinstance(error, stripe.APIConnectionError):
            pause_requests(base)
        raise StripeAway(cause=_cause(error)) from error
    except stripe.StripeError as error:
        refused = StripeAccountGone if _NO_ACCOUNT.search(error.user_message or "") else StripeRefused
        param = getattr(error, "param", None) or ""
        raise refused(reason=_cause(error), stripe_code=error.code or "", param=param) from error
    end_outage(_key_for(purpose), DEPENDENCY)  # the sweeps say when it is away; they may have nothing due for an hour after it is back


def _not_allowed(error: stripe.StripeError, purpose: str) -> StripeRefused | StripeKeyRefused:
    """Tell an account that is no longer connected to us from a key of ours that may not do this: the second is nobody else's fault."""
    code = error.error.code if error.error else None  # for these two the SDK leaves `error.code` empty
    if code == "account_invalid":
        return StripeAccountGone(reason=_cause(error), stripe_code=code)
    permission = _PERMISSION.search(error.user_message or "")
    refused = StripeKeyRefused(permission=permission[0] if permission else "", cause=_cause(error))
    begin_outage(_key_for(purpose), reason=refused.advice)
    return refused


def _key_for(purpose: str) -> str:
    return f"Stripe key: {purpose}"


def _cause(error: stripe.StripeError) -> str:
    return f"{type(error).__name__}: {error.user_message or ''}"[:500]
