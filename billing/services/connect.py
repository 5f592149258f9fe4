"""Sellers at Stripe: their connected account, and what it may do."""

from accounts.models import SellerProfile, User
from accounts.services.audit import record_audit
from accounts.services.sellers import record_stripe_account, record_stripe_state
from billing import gateway
from billing.errors import StripeRefused
from billing.gateway import Standing

_NONE = Standing(charges_enabled=False, payouts_enabled=False, details_submitted=False)


def connect_seller(*, seller: SellerProfile, actor: User) -> str:
    """Return the address where the seller tells Stripe about themselves; their account is made first if there is none.

    Whoever dies between Stripe's answer and our note of it is healed by the next call, which gets the same account.

    Raises:
        StripeAway, StripeRefused: no address; what was made is kept.
    """
    account_id = seller.stripe_account_id
    if account_id is None:
        account_id = gateway.create_account(seller)
        record_stripe_account(seller=seller, stripe_account_id=account_id)
    url = gateway.create_account_link(account_id)
    record_audit(actor=actor, action="seller.stripe_onboarding_opened", target=seller)
    return url


def refresh_seller(*, stripe_account_id: str) -> SellerProfile | None:
    """Bring a seller in line with what Stripe lets their account do; one that is connected no longer may do nothing.

    Two refreshes at once may arrive in either order, so each asks again after it has written, until Stripe says what stands here.

    Returns:
        The seller, or None for an account that is nobody's here.
    """
    written: Standing | None = None
    seller: SellerProfile | None = None
    while (standing := _standing(stripe_account_id)) != written:
        seller = record_stripe_state(
            stripe_account_id=stripe_account_id,
            charges_enabled=standing.charges_enabled,
            payouts_enabled=standing.payouts_enabled,
            details_submitted=standing.details_submitted,
        )
        if seller is None:
            return None
        written = standing
    return seller


def _standing(stripe_account_id: str) -> Standing:
    try:
        return gateway.read_standing(stripe_account_id)
    except StripeRefused:
        return _NONE
