"""Deletes personal data that has served its purpose, after the periods in the settings (GDPR, article 5 (1) (e))."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.organisations.models import Invitation
from accounts.privacy.models import DataExport
from accounts.sessions.services import forget_old_sign_ins
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from common.db.deletion import BATCH, delete_in_batches
from outbox.mail.models import OutgoingMail


def forget_old_personal_data(*, now: datetime) -> dict[str, int]:
    """Delete what is older than it may be kept, and return how many rows of each kind. Calling it again deletes nothing.

    The audit trail keeps who did what, without the network address. Deleted are mails, with their recipients' addresses, access tokens and
    robots that have ended or were revoked, invitations that nobody accepted, sign-ins that are over, and archives of people's own data.
    """
    old_events = AuditEvent.objects.filter(address__isnull=False, at__lt=now - settings.LAYERSTORE_AUDIT_ADDRESSES_KEPT)
    old_mail = now - settings.LAYERSTORE_MAIL_KEPT
    mails = OutgoingMail.objects.filter(created_at__lt=old_mail)  # the last attempt was made long before
    old_tokens = now - settings.LAYERSTORE_ENDED_TOKENS_KEPT
    tokens = AccessToken.objects.filter(Q(revoked_at__lt=old_tokens) | Q(expires_at__lt=old_tokens))
    invitations = Invitation.objects.filter(accepted_at__isnull=True, expires_at__lt=old_mail)
    return {
        "audit addresses": sum(AuditEvent.objects.filter(pk__in=keys).update(address=None) for keys in _batches(old_events)),
        "mails": delete_in_batches(mails.order_by("pk")),
        "access tokens": delete_in_batches(tokens.order_by("pk")),
        "invitations": delete_in_batches(invitations.order_by("pk")),
        "sign-ins": forget_old_sign_ins(now=now),
        "archives": delete_in_batches(DataExport.objects.filter(expires_at__lt=now).order_by("pk")),
    }


def _batches(rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield keys
