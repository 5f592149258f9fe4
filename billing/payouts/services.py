"""Sellers at Stripe: their connected account, and what it may do."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from uuid import UUID

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import record_stripe_account, record_stripe_state
from accounts.sellers.services.stripe_accounts import end_stripe_account, record_stripe_problem, regain_stripe_account
from audit.services import record_audit
from billing.stripe.accounts import AccountStatus, create_account, create_account_link, read_account_status
from billing.stripe.errors import StripeAccountGone, StripeRefused
from marketplace.images.ownership import require_owner

_FORMER = 3  # are checked at Stripe before a new account is made


@dataclass(frozen=True, slots=True)
class _Gone:
    """Stripe does not know the account under our key."""

    reason: str


def connect_seller(*, seller: SellerProfile, actor: User, country: str = "") -> str:
    """Return the address where the seller tells Stripe about themselves; their account is made first if there is none.

    An account that Stripe no longer knows is recorded as gone, and another one is made. A former one that it knows again, for example
    after a time under a key of the other mode, is taken back instead. If the process dies between Stripe's answer and our record of
    it, the next call makes up for that: it gets the same account.

    Args:
        country: where the seller is, for a new account: two letters; empty for our own.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for the seller.
        StripeAway, StripeRefused: no address; what was made is kept.
    """
    require_owner(actor, seller.pk)
    account_id = _account_of(seller, country)
    try:
        url = create_account_link(account_id, handle=seller.account.handle)
    except StripeAccountGone:
        refreshed = refresh_stripe_account(stripe_account_id=account_id)
        if refreshed is None or refreshed.stripe_account_id is not None:
            raise
        url = create_account_link(_account_of(refreshed, country), handle=seller.account.handle)
    record_audit(actor=actor, action="seller.stripe_onboarding_opened", target=seller)
    return url


def refresh_seller(*, seller_id: UUID) -> SellerProfile:
    """Bring the seller in line with what Stripe says of their account; without one, with a former one that it knows again.

    Raises:
        StripeAway, StripeRefused: nothing is known.
    """
    seller = SellerProfile.objects.get(pk=seller_id)
    if seller.stripe_account_id is not None:
        refresh_stripe_account(stripe_account_id=seller.stripe_account_id)
    else:
        _regained(seller)
    seller.refresh_from_db()
    return seller


def refresh_stripe_account(*, stripe_account_id: str) -> SellerProfile | None:
    """Bring a seller in line with what Stripe lets their account do; an account that is no longer connected is no longer theirs.

    Two refreshes at once may arrive in either order, so each asks again after it has written, until Stripe's answer is what our row says.

    Returns:
        The seller, or None for an account that is nobody's here.

    Raises:
        StripeAway: nothing is known, for example because our own key may not ask; nothing is changed.
    """
    written: AccountStatus | _Gone | None = None
    seller: SellerProfile | None = None
    while (now := _account_status(stripe_account_id)) != written:
        seller = _write(stripe_account_id, now)
        if seller is None:
            return None
        written = now
    return seller


def record_refused_sale(*, stripe_account_id: str, refused: StripeRefused) -> None:
    """Tell a seller why Stripe refuses their sales, on their page and once a day by mail, and bring them in line with Stripe.

    Raises:
        StripeAway: the seller is told, and nothing else is known.
    """
    if not isinstance(refused, StripeAccountGone):  # they are told about that when the account ends
        record_stripe_problem(stripe_account_id=stripe_account_id, sentence=refused.refusal.seller)
    with suppress(StripeRefused):
        refresh_stripe_account(stripe_account_id=stripe_account_id)


def _account_status(stripe_account_id: str) -> AccountStatus | _Gone:
    try:
        return read_account_status(stripe_account_id)
    except StripeAccountGone as gone:
        return _Gone(gone.reason)


def _write(stripe_account_id: str, now: AccountStatus | _Gone) -> SellerProfile | None:
    if isinstance(now, _Gone):
        return end_stripe_account(stripe_account_id=stripe_account_id, reason=now.reason)
    regain_stripe_account(stripe_account_id=stripe_account_id)
    return record_stripe_state(stripe_account_id=stripe_account_id, **asdict(now))


def _account_of(seller: SellerProfile, country: str) -> str:
    if account_id := seller.stripe_account_id or _regained(seller):
        return account_id
    account_id = create_account(seller, number=seller.former_stripe_accounts.count(), country=country)
    record_stripe_account(seller=seller, stripe_account_id=account_id)
    return account_id


def _regained(seller: SellerProfile) -> str:
    """Return the id of a former account that Stripe knows again, and give it back to the seller; empty if there is none."""
    for former in seller.former_stripe_accounts.filter(may_return=True)[:_FORMER]:
        refreshed = refresh_stripe_account(stripe_account_id=former.pk)
        if refreshed is not None and refreshed.stripe_account_id == former.pk:
            return former.pk
    return ""
