"""Which Stripe account a seller is paid on, when it is gone, and what staff do about it."""

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import User
from accounts.sellers.errors import StripeNotConnected
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import FormerStripeAccount, SellerProfile
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from common.web.links import absolute
from outbox.mail.services import queue_mail

_GONE = gettext_noop(
    "It is no longer connected to us: you or Stripe have closed it, or it was made in Stripe’s other mode. You may connect another."
    " Until then subscriptions to your products are not renewed; those that run are paid to the new account."
)
_ENDED = gettext_noop(
    "Our staff have disconnected it. You may connect another. Until then subscriptions to your products are not renewed; those that run are"
    " paid to the new account."
)


def end_stripe_account(*, stripe_account_id: str, reason: str) -> SellerProfile | None:
    """Record that Stripe does not know the account under our key; the seller is told, and may connect another.

    Earlier orders keep the account that they were placed with. Calling it again changes nothing.

    Returns:
        The seller, or None for an account that no seller has.
    """
    with locked_transaction():
        seller = _whose(stripe_account_id)
        if seller is not None and seller.stripe_account_id == stripe_account_id:
            _end(seller, reason=reason, may_return=True, actor=None)
    return seller


def disconnect_stripe(*, seller: SellerProfile, reason: str, actor: User) -> SellerProfile:
    """Disconnect the seller's Stripe account for good, so that they can connect another.

    Raises:
        ReasonMissing: no reason.
        StripeNotConnected: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        if locked.stripe_account_id is None:
            raise StripeNotConnected(account_id=locked.pk)
        _end(locked, reason=reason, may_return=False, actor=actor)
    return locked


def regain_stripe_account(*, stripe_account_id: str) -> None:
    """Reconnect an account that Stripe knows under our key again, unless its seller has connected another or staff ended it."""
    with locked_transaction():
        seller = _whose(stripe_account_id)
        former = FormerStripeAccount.objects.filter(pk=stripe_account_id, may_return=True).first()
        if seller is None or former is None or seller.stripe_account_id is not None:
            return
        former.delete()
        seller.stripe_account_id = stripe_account_id
        seller.save(update_fields=["stripe_account_id"])
        record_audit(actor=None, action="seller.stripe_regained", target=seller, stripe_account_id=stripe_account_id)


def record_stripe_problem(*, stripe_account_id: str, sentence: str) -> None:
    """Record why Stripe refuses sales on this account and mail its seller once a day; an empty sentence means that it refuses none."""
    with locked_transaction():
        seller = _whose(stripe_account_id)
        if seller is None or seller.stripe_account_id != stripe_account_id:
            return
        if seller.stripe_problem != sentence:
            seller.stripe_problem = sentence
            seller.save(update_fields=["stripe_problem"])
            record_audit(actor=None, action="seller.stripe_problem", target=seller, reason=sentence)
        if sentence:
            tell_seller(seller=seller, sentence=sentence, key=f"stripe-problem:{stripe_account_id}:{timezone.now().date()}")


def record_refused_currency(*, stripe_account_id: str, currency: str) -> None:
    """Record that Stripe does not charge the currency for this account, so that it is offered no more; it counts until the account ends."""
    with locked_transaction():
        seller = _whose(stripe_account_id)
        if seller is None or seller.stripe_account_id != stripe_account_id or not seller.takes(currency):
            return
        seller.refused_currencies = [*seller.refused_currencies, currency]
        seller.save(update_fields=["refused_currencies"])
        record_audit(actor=None, action="seller.currency_refused", target=seller, currency=currency)


def ask_stripe_about(*, seller: SellerProfile, reason: str, actor: User) -> None:
    """Have a worker ask Stripe what the seller's account may do, or whether a former one is known again.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        record_audit(actor=actor, action="seller.stripe_asked", target=seller, reason=reason)
        queue_after_commit("billing.refresh_seller", str(seller.pk))


def tell_seller(*, seller: SellerProfile, sentence: str, key: str) -> None:
    """Mail the seller that something stops their sales; once for each key.

    Args:
        sentence: a message of the catalogue, in English: the mail has it in its reader's language.
    """
    payouts_url = absolute("billing:payouts", seller=seller.account.handle)
    context = {"seller": seller, "sentence": sentence, "payouts_url": payouts_url}
    for number, reader in enumerate(people_of(seller.account, roles=MANAGING_ROLES)):
        queue_mail(to=reader.email, template="sales_stopped", context=context, key=f"{key}:{number}")


def _whose(stripe_account_id: str) -> SellerProfile | None:
    current = SellerProfile.objects.filter(stripe_account_id=stripe_account_id).values_list("pk", flat=True)
    former = FormerStripeAccount.objects.filter(pk=stripe_account_id).values_list("seller", flat=True)
    found = current.first() or former.first()
    return None if found is None else lock_seller(account_id=found)


def _end(seller: SellerProfile, *, reason: str, may_return: bool, actor: User | None) -> None:
    ended, now = str(seller.stripe_account_id), timezone.now()
    fields = {"seller": seller, "ended_at": now, "reason": reason[:500], "may_return": may_return}
    FormerStripeAccount.objects.update_or_create(pk=ended, defaults=fields)
    seller.stripe_account_id, seller.stripe_country, seller.stripe_problem, seller.refused_currencies = None, "", "", []
    seller.charges_enabled = seller.payouts_enabled = seller.details_submitted = False
    states = ["charges_enabled", "payouts_enabled", "details_submitted"]
    seller.save(update_fields=["stripe_account_id", "stripe_country", "stripe_problem", "refused_currencies", *states])
    record_audit(actor=actor, action="seller.stripe_ended", target=seller, reason=reason, stripe_account_id=ended)
    tell_seller(seller=seller, sentence=_ENDED if actor else _GONE, key=f"stripe-ended:{ended}:{now.timestamp()}")
