"""Sellers: becoming one, what Stripe says of their account, suspension."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.people.models import Account, User
from accounts.sellers.errors import SellerAlreadySuspended, SellerNotSuspended, StripeAccountAlreadyConnected
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.stripe_accounts import tell_seller
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from common.text import MEGABYTE

_NO_CHARGES = gettext_noop("Stripe takes no payments for you right now. Continue at Stripe, which says what it asks for.")
_NO_PAYOUTS = gettext_noop("Stripe does not pay out to your bank right now. Continue at Stripe, which says what it asks for.")


def become_seller(*, account: Account, display_name: str, actor: User | None = None) -> SellerProfile:
    """Make the account a seller; one that already is stays as it is.

    Args:
        actor: an owner, for an organisation; a person's account acts for itself.
    """
    with locked_transaction():
        seller, created = SellerProfile.objects.get_or_create(
            account=account,
            defaults={"display_name": display_name, "namespace_quota": settings.LAYERSTORE_NAMESPACES_PER_SELLER},
        )
        if created:
            record_audit(actor=account.user or actor, action="seller.started", target=seller)
    return seller


def suspend_seller(*, seller: SellerProfile, reason: str, actor: User) -> SellerProfile:
    """Stop the seller's new sales at once; what was sold stays sold.

    Raises:
        ReasonMissing: no reason.
        SellerAlreadySuspended: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        if locked.suspended_at is not None:
            raise SellerAlreadySuspended(account_id=locked.pk)
        locked.suspended_at, locked.suspension_reason = timezone.now(), reason[:500]
        locked.save(update_fields=["suspended_at", "suspension_reason"])
        record_audit(actor=actor, action="seller.suspended", target=locked, reason=reason)
    return locked


def reinstate_seller(*, seller: SellerProfile, reason: str, actor: User) -> SellerProfile:
    """Lift the seller's suspension.

    Raises:
        ReasonMissing: no reason.
        SellerNotSuspended: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        if locked.suspended_at is None:
            raise SellerNotSuspended(account_id=locked.pk)
        locked.suspended_at, locked.suspension_reason = None, ""
        locked.save(update_fields=["suspended_at", "suspension_reason"])
        record_audit(actor=actor, action="seller.reinstated", target=locked, reason=reason)
    return locked


def change_storage_quota(*, seller: SellerProfile, megabytes: int | None, reason: str, actor: User) -> SellerProfile:
    """Let the seller store so much in the registry; what they have stored stays, even if it is more.

    Args:
        megabytes: None for what every seller may store.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        before, locked.storage_quota = locked.storage_quota, None if megabytes is None else megabytes * MEGABYTE
        locked.save(update_fields=["storage_quota"])
        record_audit(
            actor=actor, action="seller.storage_quota_changed", target=locked, reason=reason, before=before, after=locked.storage_quota
        )
    return locked


def record_stripe_account(*, seller: SellerProfile, stripe_account_id: str) -> SellerProfile:
    """Record which Stripe account pays the seller; the same one again changes nothing.

    Raises:
        StripeAccountAlreadyConnected: the seller has another one, or it is another seller's.
    """
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        if locked.stripe_account_id == stripe_account_id:
            return locked
        taken = StripeAccountAlreadyConnected(account_id=locked.pk)
        if locked.stripe_account_id is not None:
            raise taken
        locked.stripe_account_id = stripe_account_id
        with translate_violation("accounts_sellerprofile_stripe_account_id_key", taken):
            locked.save(update_fields=["stripe_account_id"])
        record_audit(actor=None, action="seller.stripe_connected", target=locked, stripe_account_id=stripe_account_id)
    return locked


def record_stripe_state(
    *, stripe_account_id: str, charges_enabled: bool, payouts_enabled: bool, details_submitted: bool, country: str = ""
) -> SellerProfile | None:
    """Record what Stripe says of a seller's account, and mail who can no longer be paid; None for an account that no seller has."""
    state: dict[str, object] = {
        "charges_enabled": charges_enabled,
        "payouts_enabled": payouts_enabled,
        "details_submitted": details_submitted,
    }
    if country:
        state["stripe_country"] = country
    with locked_transaction():
        account_id = SellerProfile.objects.filter(stripe_account_id=stripe_account_id).values_list("pk", flat=True).first()
        if account_id is None:
            return None
        seller = lock_seller(account_id=account_id)
        if {name: getattr(seller, name) for name in state} != state:
            was_paid = seller.charges_enabled and seller.payouts_enabled
            for name, value in state.items():
                setattr(seller, name, value)
            seller.save(update_fields=list(state))
            record_audit(actor=None, action="seller.stripe_state_changed", target=seller, state=state)
            # Whose sale Stripe has refused was written to, and that mail says more.
            if was_paid and not (charges_enabled and payouts_enabled) and not seller.stripe_problem:
                sentence = _NO_PAYOUTS if charges_enabled else _NO_CHARGES
                tell_seller(seller=seller, sentence=sentence, key=f"stripe-restricted:{stripe_account_id}:{timezone.now().timestamp()}")
    return seller
