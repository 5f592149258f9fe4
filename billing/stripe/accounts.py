"""Connected accounts: where sellers are paid (docs.stripe.com/connect/express-accounts)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.sellers.models import SellerProfile
from billing.stripe import client
from common.web.links import absolute

if TYPE_CHECKING:
    from stripe.params import AccountCreateParams


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What a connected account may do. Charges need its capability `transfers` too: without it Stripe refuses each sale."""

    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    country: str = ""


def create_account(seller: SellerProfile, *, number: int, country: str) -> str:
    """Make the seller's connected account, or return the one just made: the seller's id and the number are the idempotency key.

    It bears the shop's name, which is what buyers read on Stripe's page; the seller may change it there.

    Args:
        number: how many accounts they had before.
        country: where they are; empty for our own. It cannot be changed afterwards.
    """
    params: AccountCreateParams = {
        "type": "express",
        "business_profile": {"name": seller.display_name},
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "metadata": {"seller_id": str(seller.pk)},
    }
    if country:
        params["country"] = country
    with client.api("new accounts") as v1:
        return v1.accounts.create(params, {"idempotency_key": f"account-{seller.pk}-{number}{country}"}).id


def create_account_link(stripe_account_id: str, *, handle: str) -> str:
    """Return a fresh address where the seller tells Stripe about themselves; it works once, for some minutes.

    Args:
        handle: the seller's: whoever comes back from Stripe goes on acting for them.
    """
    with client.api("onboarding") as v1:
        link = v1.account_links.create(
            {
                "account": stripe_account_id,
                "type": "account_onboarding",
                "return_url": absolute("billing:payouts_return", seller=handle),
                "refresh_url": absolute("billing:payouts_refresh", seller=handle),
            }
        )
    return link.url


def read_account_status(stripe_account_id: str) -> AccountStatus:
    """Return what Stripe lets the account do; StripeAccountGone for one that is no longer connected to us."""
    with client.api("accounts") as v1:
        account = v1.accounts.retrieve(stripe_account_id)
    return AccountStatus(
        charges_enabled=bool(account.charges_enabled) and getattr(account.capabilities, "transfers", None) == "active",
        payouts_enabled=bool(account.payouts_enabled),
        details_submitted=bool(account.details_submitted),
        country=account.country or "",
    )
