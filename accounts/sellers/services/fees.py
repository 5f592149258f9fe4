"""What we keep of a seller's sales is changed from a moment on."""

from datetime import datetime

from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.errors import FeeNotWhole, FeeTermsExist, FeeTermsInThePast
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import FeeTerms, SellerProfile
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from common.money import Money


def set_fee_terms(
    *, seller: SellerProfile, basis_points: int, fixed: Money | None, starts_at: datetime | None, reason: str, actor: User
) -> FeeTerms:
    """Let other terms count from a moment on; what was sold before keeps its fee, and so does a checkout that is open.

    Args:
        basis_points: hundredths of a percent, up to 10,000.
        fixed: in addition, of each sale; with it the terms are for sales in its currency alone, without it for all.
        starts_at: not before now, which None stands for.

    Raises:
        ReasonMissing: no reason.
        FeeTermsInThePast: sales of that time have their fee already.
        FeeNotWhole: the fixed amount is not a multiple of the currency's step.
        FeeTermsExist: others begin at the same moment.
    """
    require_reason(reason)
    now = timezone.now()
    if starts_at is not None and starts_at < now:
        raise FeeTermsInThePast
    if fixed is not None and fixed.minor % fixed.step.minor:
        raise FeeNotWhole(step=fixed.step)
    with locked_transaction():
        locked = lock_seller(account_id=seller.pk)
        terms = FeeTerms(
            seller=locked,
            basis_points=basis_points,
            currency=fixed.currency if fixed else "",
            fixed=fixed.minor if fixed else 0,
            starts_at=starts_at or now,
            reason=reason[:500],
        )
        with translate_violation("fee_terms_once_at_a_time", FeeTermsExist()):
            terms.save(force_insert=True)
        record_audit(actor=actor, action="seller.fee_terms_set", target=locked, reason=reason, terms=str(terms))
    return terms
