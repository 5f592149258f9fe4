"""A seller names their domain, and the worker looks for its proof: soon, and then every month."""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.domains.errors import NoDomain
from accounts.domains.locks import lock_domain
from accounts.domains.models import AGAIN, ShopDomain
from accounts.domains.names import parse_domain
from accounts.domains.proofs import Finding, look_for
from accounts.domains.selectors import domains_to_check
from accounts.people.models import User
from audit.services import record_audit
from common.db.claims import Backoff, claim_due, note_failure, try_again
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit

AT_ONCE: Final = 20  # domains of one run
_BACKOFF: Final = Backoff(first=timedelta(minutes=5), longest=timedelta(days=1))
_CHECK: Final = "accounts.check_domains"


def name_domain(*, seller_id: UUID, domain: str, actor: User) -> ShopDomain:
    """Name the domain of a seller, in place of another; the same again changes nothing. Its proof is looked for at once.

    Raises:
        InvalidDomain: it is none that could be checked; says what to type.
    """
    parsed = parse_domain(domain)
    with locked_transaction():
        before = lock_domain(seller_id=seller_id)
        if before is not None and before.domain == parsed:
            return before
        ShopDomain.objects.filter(seller=seller_id).delete()
        named = ShopDomain.objects.create(seller_id=seller_id, domain=parsed, token=secrets.token_hex(16))
        record_audit(actor=actor, action="domain.named", target=named)
        queue_after_commit(_CHECK)
    return named


def check_domain_again(*, seller_id: UUID, actor: User) -> None:
    """Have the proof of the seller's domain looked for now, because they say that it is there.

    Raises:
        NoDomain: they have named none.
    """
    with locked_transaction():
        domain = lock_domain(seller_id=seller_id)
        if domain is None:
            raise NoDomain
        domain.asked_at = timezone.now()
        domain.save(update_fields=["asked_at"])
        try_again(domain)
        record_audit(actor=actor, action="domain.check_asked", target=domain)
        queue_after_commit(_CHECK)


def remove_domain(*, seller_id: UUID, actor: User) -> None:
    """Remove the domain of a seller: the badge goes at once. Without one, nothing happens."""
    with locked_transaction():
        domain = lock_domain(seller_id=seller_id)
        if domain is not None:
            record_audit(actor=actor, action="domain.removed", target=domain)
            domain.delete()


def check_due_domains() -> int:
    """Look for the proofs that are due, at most 20 at once, and record what was found. Return how many were seen.

    It takes no longer than one domain may take, whatever their servers do. A domain that was replaced meanwhile is left as it is.
    """
    due = claim_due(domains_to_check(timezone.now()), backoff=_BACKOFF, most=AT_ONCE)
    found = look_for([(one.domain, one.proof) for one in due])
    return sum(_record(one, finding) for one, finding in zip(due, found, strict=True))


def _record(checked: ShopDomain, finding: Finding) -> bool:
    """Record what was found; return whether the proof was seen."""
    now = timezone.now()
    with locked_transaction():
        domain = lock_domain(seller_id=checked.pk)
        if domain is None or domain.token != checked.token:
            return False
        domain.checked_at = now
        if not finding.seen_by:
            domain.save(update_fields=["checked_at"])
            note_failure(domain, finding.fault, backoff=_BACKOFF)
            return False
        if not domain.is_verified(now):
            record_audit(actor=None, action="domain.verified", target=domain, seen_by=finding.seen_by)
        domain.seen_at, domain.seen_by, domain.due_at, domain.attempts, domain.last_error = now, finding.seen_by, now + AGAIN, 0, ""
        domain.save(update_fields=["checked_at", "seen_at", "seen_by", "due_at", "attempts", "last_error"])
    return True
