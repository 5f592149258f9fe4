"""The only module that talks to Stripe: the official SDK, with time limits, idempotency keys, and two kinds of failure.

Every function raises `StripeAway` (nothing is known, the same call again is safe) or `StripeRefused` (final), and RuntimeError inside a
transaction: no row lock is ever held while another computer thinks. Few requests may call at once (`billing.stripe.request_slots`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import stripe
from django.conf import settings
from django.db import connection
from django.urls import reverse

from accounts.sellers.models import SellerProfile
from billing.stripe.errors import InvalidWebhook, StripeAccountGone, StripeAway, StripeKeyRefused, StripeRefused
from billing.stripe.payment import Payment, StripeDispute, StripeRefund
from billing.stripe.request_slots import in_request, pause_requests, take_slot
from common.db.outages import mark_away, mark_present
from common.money import Money
from common.web.reading import is_text

NEIGHBOUR = "stripe"


class Patience(NamedTuple):
    """How long one question may take."""

    connect: float  # seconds
    answer: float  # seconds
    retries: int  # by the SDK, with the same key, after times of chance; outages are the sweeps' matter


_OF_WORKERS = Patience(3.05, 10, 2)
_OF_REQUESTS = Patience(3.05, 8, 1)  # somebody waits, and a thread with them
_AWAY = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
_NO_ACCOUNT = re.compile(r"\bNo such (account|destination):")  # both have the code `resource_missing`, as many others have
_PERMISSION = re.compile(r"rak_\w+")
_LONGEST_ID = 255  # Stripe's own bound
_PAYMENT = ["payment_intent.latest_charge"]


@dataclass(frozen=True, slots=True)
class Sale:
    """What a Checkout Session is opened for; all of it from the order's own rows, so that a repeated call says the same, word for word.

    Attributes:
        title: of the product, as sold.
        image_names: repositories without a host.
        fee: ours, in minor units of the price's currency.
        destination: the seller's Stripe account, which gets the rest.
        on_behalf_of_seller: Stripe takes the payment only on behalf of its receiver, who is in another region.
        expires_at: whole seconds.
    """

    order_id: UUID
    buyer_id: UUID
    email: str
    title: str
    image_names: tuple[str, ...]
    price: Money
    fee: int
    destination: str
    on_behalf_of_seller: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money that goes back: minor units of the payment's currency, and whether our fee goes back in proportion."""

    refund_id: UUID
    order_id: UUID
    payment_intent_id: str
    amount: int
    with_fee: bool


@dataclass(frozen=True, slots=True)
class Checkout:
    """A session that Stripe has opened: where the buyer pays."""

    session_id: str
    url: str


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What a connected account may do. Charges need its capability `transfers` too: without it Stripe refuses each sale."""

    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    country: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook: what happened to which object. Its state is not read from here."""

    event_id: str
    type: str
    object_id: str
    account_id: str
    livemode: bool


@lru_cache(maxsize=8)
def _client_for(key: str, base: str, patience: Patience) -> stripe.StripeClient:
    http = stripe.RequestsClient(timeout=(patience.connect, patience.answer))
    if base:
        return stripe.StripeClient(key, base_addresses={"api": base}, http_client=http, max_network_retries=patience.retries)
    return stripe.StripeClient(key, http_client=http, max_network_retries=patience.retries)


@contextmanager
def _stripe(what: str) -> Iterator[Any]:
    """Yield the SDK's v1 services; translate what it raises.

    Args:
        what: is asked for, as staff read it when our key may not.
    """
    if connection.in_atomic_block:
        msg = "Stripe is never called inside a transaction."
        raise RuntimeError(msg)
    base = settings.STRIPE_API_BASE
    take_slot(base)
    try:
        yield _client_for(settings.STRIPE_SECRET_KEY, base, _OF_REQUESTS if in_request() else _OF_WORKERS).v1
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise _not_allowed(error, what) from error
    except _AWAY as error:
        if isinstance(error, stripe.APIConnectionError):
            pause_requests(base)
        raise StripeAway(cause=_cause(error)) from error
    except stripe.StripeError as error:
        refused = StripeAccountGone if _NO_ACCOUNT.search(error.user_message or "") else StripeRefused
        param = getattr(error, "param", None) or ""
        raise refused(reason=_cause(error), stripe_code=error.code or "", param=param) from error
    mark_present(_key_for(what))
    mark_present(NEIGHBOUR)  # the sweeps say when it is away; they may have nothing due for an hour after it is back


def _not_allowed(error: stripe.StripeError, what: str) -> StripeRefused | StripeKeyRefused:
    """Tell an account that is connected to us no longer from a key of ours that may not do this: the second is nobody else's fault."""
    code = error.error.code if error.error else None  # of these two the SDK leaves `error.code` empty
    if code == "account_invalid":
        return StripeAccountGone(reason=_cause(error), stripe_code=code)
    permission = _PERMISSION.search(error.user_message or "")
    refused = StripeKeyRefused(permission=permission[0] if permission else "", cause=_cause(error))
    mark_away(_key_for(what), reason=refused.advice)
    return refused


def _key_for(what: str) -> str:
    return f"Stripe key: {what}"


def _cause(error: stripe.StripeError) -> str:
    return f"{type(error).__name__}: {error.user_message or ''}"[:500]


def create_checkout(sale: Sale) -> Checkout:
    """Open the Checkout Session of a sale, or return the one it has: the order's id is the idempotency key."""
    back = settings.LAYERSTORE_PUBLIC_URL + reverse("billing:checkout_return", args=[sale.order_id])
    named = {"order_id": str(sale.order_id), "buyer_id": str(sale.buyer_id)}
    payment: dict[str, Any] = {"transfer_data": {"destination": sale.destination}, "metadata": named}
    if sale.on_behalf_of_seller:
        payment["on_behalf_of"] = sale.destination
    if sale.fee:  # Stripe wants it positive or not at all
        payment["application_fee_amount"] = sale.fee
    price = {
        "currency": sale.price.currency,
        "unit_amount": sale.price.minor,
        "product_data": {"name": sale.title, "description": ", ".join(sale.image_names)[:500]},
    }
    params = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": payment,
        "client_reference_id": str(sale.order_id),
        "metadata": named,
        "customer_email": sale.email,
        "success_url": back,
        "cancel_url": f"{back}?cancelled=yes",
        "expires_at": int(sale.expires_at.timestamp()),
    }
    with _stripe("checkout") as v1:
        session = v1.checkout.sessions.create(params, {"idempotency_key": f"checkout-{sale.order_id}"})
    return Checkout(session_id=session.id, url=session.url or "")


def expire_checkout(session_id: str) -> None:
    """Close an open session for good; StripeRefused if it is complete or expired."""
    with _stripe("checkout") as v1:
        v1.checkout.sessions.expire(session_id)


def read_payment(session_id: str) -> Payment:
    """Return what Stripe says now of a session, its payment, its refunds and its disputes."""
    with _stripe("payments") as v1:
        session = v1.checkout.sessions.retrieve(session_id, {"expand": _PAYMENT})
        intent = session.payment_intent
        charge = intent.latest_charge if intent else None
        refunds = list(v1.refunds.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()) if charge else []
        disputed = charge is not None and charge.disputed
        disputes = list(v1.disputes.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()) if disputed else []
    transfer = intent.transfer_data if intent else None
    return Payment(
        session_id=session.id,
        order_id=str((session.metadata or {})["order_id"]) if _has(session.metadata, "order_id") else "",
        reference=session.client_reference_id or "",
        livemode=session.livemode,
        status=session.status or "",
        paid=session.payment_status == "paid",
        amount=_amount(session, intent),
        currency=(intent.currency if intent else session.currency) or "",
        intent_id=intent.id if intent else None,
        intent_status=intent.status if intent else "",
        destination=transfer.destination if transfer else None,
        fee=intent.application_fee_amount or 0 if intent else None,
        paid_with=_paid_with(charge),
        refunded=charge.amount_refunded if charge else 0,
        refunds=tuple(_given_back(refund) for refund in refunds),
        disputes=tuple(_seen(dispute) for dispute in disputes),
    )


def _amount(session: Any, intent: Any) -> int:
    """What was received; before that, what is asked."""
    if intent is None:
        return session.amount_total or 0
    return int(intent.amount_received or intent.amount)


def _has(metadata: Any, name: str) -> bool:
    return metadata is not None and name in metadata.to_dict()


def _paid_with(charge: Any) -> str:
    method = charge.payment_method_details if charge else None
    if method is None:
        return ""
    details = getattr(method, method.type, None)
    last4 = getattr(details, "last4", None)
    words = method.type.replace("_", " ")
    return f"{words} ending {last4}"[:80] if last4 else words[:80]


def _given_back(refund: Any) -> StripeRefund:
    own = refund.metadata["refund_id"] if _has(refund.metadata, "refund_id") else ""
    return StripeRefund(
        stripe_id=refund.id,
        refund_id=own,
        amount=refund.amount,
        status=refund.status or "pending",
        failure=getattr(refund, "failure_reason", None) or "",
    )


def _seen(dispute: Any) -> StripeDispute:
    due_by = dispute.evidence_details.due_by  # 0 where the bank takes no answer (Stripe, "The Dispute object")
    return StripeDispute(
        stripe_id=dispute.id,
        status=dispute.status,
        reason=dispute.reason,
        amount=dispute.amount,
        currency=dispute.currency,
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def read_order_id(event_type: str, object_id: str) -> str:
    """Return the id of the order that a session, charge, refund or dispute names in its metadata; empty if it names none."""
    with _stripe("payments") as v1:
        if event_type.startswith("checkout.session."):
            source = v1.checkout.sessions.retrieve(object_id)
        else:
            service = v1.disputes if event_type.startswith("charge.dispute.") else v1.charges
            if event_type.startswith(("refund.", "charge.refund.")):
                service = v1.refunds
            source = service.retrieve(object_id, {"expand": ["payment_intent"]}).payment_intent
    if source is None or not _has(source.metadata, "order_id"):
        return ""
    return str(source.metadata["order_id"])


def create_refund(giving_back: RefundRequest) -> None:
    """Give money back to the buyer, taking the seller's and our own share back with it; the refund's id is the idempotency key."""
    params: dict[str, Any] = {
        "payment_intent": giving_back.payment_intent_id,
        "amount": giving_back.amount,
        "reverse_transfer": True,
        "metadata": {"refund_id": str(giving_back.refund_id), "order_id": str(giving_back.order_id)},
    }
    if giving_back.with_fee:
        params["refund_application_fee"] = True
    with _stripe("refunds") as v1:
        v1.refunds.create(params, {"idempotency_key": f"refund-{giving_back.refund_id}"})


def create_account(seller: SellerProfile, *, number: int, country: str) -> str:
    """Make the seller's connected account, or return the one just made: the seller's id and the number are the idempotency key.

    It bears the shop's name, which is what buyers read on Stripe's page; the seller may change it there.

    Args:
        number: how many they had before.
        country: where they are; empty for where we are. It cannot be changed afterwards.
    """
    params: dict[str, Any] = {
        "type": "express",
        "business_profile": {"name": seller.display_name},
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "metadata": {"seller_id": str(seller.pk)},
    }
    if country:
        params["country"] = country
    with _stripe("new accounts") as v1:
        return str(v1.accounts.create(params, {"idempotency_key": f"account-{seller.pk}-{number}{country}"}).id)


def create_account_link(stripe_account_id: str) -> str:
    """Return a fresh address where the seller tells Stripe about themselves; good once, for minutes."""
    public = settings.LAYERSTORE_PUBLIC_URL
    params = {
        "account": stripe_account_id,
        "type": "account_onboarding",
        "return_url": public + reverse("billing:payouts_return"),
        "refresh_url": public + reverse("billing:payouts_refresh"),
    }
    with _stripe("onboarding") as v1:
        return str(v1.account_links.create(params).url)


def read_account_status(stripe_account_id: str) -> AccountStatus:
    """Return what Stripe lets the account do; StripeAccountGone for one that is no longer connected to us."""
    with _stripe("accounts") as v1:
        account = v1.accounts.retrieve(stripe_account_id)
    return AccountStatus(
        charges_enabled=bool(account.charges_enabled) and getattr(account.capabilities, "transfers", None) == "active",
        payouts_enabled=bool(account.payouts_enabled),
        details_submitted=bool(account.details_submitted),
        country=account.country or "",
    )


def verify_event(payload: bytes, signature: str, secrets: list[str]) -> Delivery:
    """Return what a webhook says, once one of the secrets has signed it within five minutes (stripe.com/docs/webhooks#verify-manually).

    Raises:
        InvalidWebhook: no, wrong or stale signature, altered body, or not an event.
    """
    if not signature.isascii():  # Stripe's is hexadecimal, and the SDK's comparison raises TypeError for letters beyond ASCII
        raise InvalidWebhook
    for secret in secrets:
        try:
            event = stripe.Webhook.construct_event(payload, signature, secret)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        except (AttributeError, TypeError, RecursionError) as error:  # signed, and no object that the SDK can read
            raise InvalidWebhook from error
        return _read_event(event)
    raise InvalidWebhook


def _is_id(told: object) -> bool:
    return told is None or (isinstance(told, str) and len(told) <= _LONGEST_ID and is_text(told))


def _read_event(event: stripe.Event) -> Delivery:
    try:
        thing, livemode = event.data.object, event.livemode
        texts: list[Any] = [event.id, event.type, getattr(thing, "id", ""), getattr(event, "account", None)]
    except AttributeError as error:
        raise InvalidWebhook from error
    if livemode not in {True, False} or not all(_is_id(text) for text in texts):
        raise InvalidWebhook
    event_id, kind, object_id, account_id = (text or "" for text in texts)
    return Delivery(event_id=event_id, type=kind, object_id=object_id, account_id=account_id, livemode=livemode)
