"""Reminding people of access tokens that end soon, while there is time to make new ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.organisations.selectors import owners_of
from accounts.people.models import User
from accounts.tokens.locks import lock_token
from accounts.tokens.models import AccessToken
from common.db.locking import locked_transaction
from outbox.mail.services import queue_mail

REMINDER_DAYS = (3, 14)  # before the end, the nearest first
_AT_ONCE = 1000  # a run stays far below the time limit; the next one goes on


def remind_of_ending_tokens(*, now: datetime) -> int:
    """Remind the owners of tokens and robots that end within 14 days, and again within 3, once each; return the number of reminders.

    A token whose whole life is no longer than that is skipped, for its maker knows. So are revoked and replaced ones.
    """
    due = _due(now).order_by("expires_at").values_list("pk", flat=True)[:_AT_ONCE]
    return sum(_remind(token_id, now) for token_id in list(due))


def _due(now: datetime) -> QuerySet[AccessToken]:
    near = Q()
    for days in REMINDER_DAYS:
        span = timedelta(days=days)
        reminded = Q(reminded_days__isnull=False, reminded_days__lte=days)
        near |= Q(expires_at__lte=now + span, expires_at__gt=F("created_at") + span) & ~reminded
    living = Q(
        revoked_at__isnull=True, superseded_at__isnull=True, expires_at__gt=now, expires_at__lte=now + timedelta(days=REMINDER_DAYS[-1])
    )
    return AccessToken.objects.filter(living & near).exclude(user__is_active=False)


def _remind(token_id: UUID, now: datetime) -> bool:
    """Remind of one token, unless another worker has done so or it has changed meanwhile."""
    with locked_transaction():
        lock_token(token_id=token_id)
        token = _due(now).select_related("user", "organisation").filter(pk=token_id).first()
        if token is None or token.expires_at is None:
            return False
        days = next(days for days in REMINDER_DAYS if token.expires_at <= now + timedelta(days=days))
        token.reminded_days = days
        token.save(update_fields=["reminded_days"])
        for reader in _readers(token):
            queue_mail(
                to=reader.email, template="token_ending", context={"token": token}, key=f"token-ending:{token.pk}:{days}:{reader.pk}"
            )
    return True


def _readers(token: AccessToken) -> Iterator[User]:
    if token.user:
        yield token.user
    if token.organisation:
        yield from owners_of(token.organisation)
