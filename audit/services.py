"""Writes the audit trail, in the transaction of the change that an entry describes. Acts of staff need a reason."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import translation

from audit.errors import ReasonMissing
from audit.models import AuditEvent
from common.web.client import client_address


def record_audit(*, actor: AbstractBaseUser | None, action: str, target: models.Model, reason: str = "", **details: object) -> AuditEvent:
    """Record who did what to what, from where; undone if the surrounding transaction is rolled back.

    Args:
        actor: None for what the shop did by itself.
        action: noun.verb, e.g. `image.reserved`.
        target: the row that was acted on; its name is stored too, for the row may change or be deleted.
        reason: why, in the actor's words; cut at 500 characters.
        details: what else must be known later, in types that JSON can hold; never secrets.
    """
    with translation.override(settings.LANGUAGE_CODE):  # the trail has one language, whoever's request it is
        label = str(target)[:300]
    return AuditEvent.objects.create(
        actor_id=None if actor is None else actor.pk,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_label=label,
        reason=reason[:500],
        address=client_address(),
        details=details,
    )


def require_reason(reason: str) -> None:
    """Make sure that there is a reason.

    Raises:
        ReasonMissing: it is empty or blank.
    """
    if not reason.strip():
        raise ReasonMissing
