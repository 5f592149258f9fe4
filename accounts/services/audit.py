"""The audit trail: written in the transaction of the change it tells of."""

from django.db import models

from accounts.models import AuditEvent, User
from common.web.client import client_address


def record_audit(*, actor: User | None, action: str, target: models.Model, reason: str = "", **details: object) -> AuditEvent:
    """Write down who did what to what, from where; gone if the surrounding transaction is.

    Args:
        actor: None for what the shop did by itself.
        action: noun.verb, e.g. `image.reserved`.
        target: the row it happened to; its words are kept too, for it may change or go.
        reason: why, in the actor's words; cut at 500 characters.
        details: what else must be known later, as JSON; never secrets.
    """
    return AuditEvent.objects.create(
        actor=actor,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_label=str(target)[:300],
        reason=reason[:500],
        address=client_address(),
        details=details,
    )
