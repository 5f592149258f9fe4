"""Noting sign-ins with a browser, telling people of those from a new device, and ending sessions."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from accounts.people.locks import lock_user
from accounts.people.models import User
from accounts.sessions.browsers import browser_named
from accounts.sessions.models import SignIn
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.client import wider_network_of
from common.web.links import absolute
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail

MOST_KEPT: Final = 50  # of a person: who signs in more often is asked about older devices again
MAILS_A_DAY: Final = (
    10  # to a person, however often they sign in: with their password, somebody could otherwise flood their mailbox from many networks
)
_DAY = timedelta(days=1)
_AT_ONCE = 1_000


def note_sign_in(*, user: User, session_key: str, user_agent: str, address: str | None) -> SignIn:
    """Note a sign-in with a browser; tell its user by mail if neither browser nor network are those of an earlier one.

    The first sign-in of somebody who has just signed up is no news to them. A person has at most `MOST_KEPT` rows: the oldest go.
    """
    browser = browser_named(user_agent)
    device = salted_hmac("accounts.sessions.device", f"{user.pk}:{browser}:{wider_network_of(address)}", algorithm="sha256").hexdigest()
    now = timezone.now()
    with locked_transaction():
        lock_user(user_id=user.pk)
        known = _is_known(user, device, now)
        SignIn.objects.filter(session_key=session_key).delete()  # the same session, signed in once more
        sign_in = SignIn.objects.create(
            user=user, session_key=session_key, browser=browser, device=device, address=address, signed_in_at=now
        )
        newest = SignIn.objects.filter(user=user).order_by("-signed_in_at", "-pk").values("pk")[:MOST_KEPT]
        SignIn.objects.filter(user=user).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
        if not known and (key := _mail_key(user, now)):
            links = {"sessions_url": absolute("accounts:sessions"), "password_url": absolute("account_change_password")}
            context = {"user": user, "sign_in": sign_in, **links}
            queue_mail(to=user.email, template="new_device", context=context, key=key, language=get_language())
    return sign_in


def follow_session(*, user: User, before: str, after: str) -> None:
    """Note that a session goes on under another key, as it does when its user changes the password."""
    SignIn.objects.filter(user=user, session_key=before).update(session_key=after)


def end_session(*, sign_in: SignIn, actor: User) -> None:
    """Sign a browser out, from its next request on; repeating it changes nothing. The device stays known."""
    with locked_transaction():
        ended, _ = Session.objects.filter(pk=sign_in.session_key).delete()
        if ended:
            record_audit(actor=actor, action="session.ended", target=sign_in.user, browser=sign_in.browser)


def forget_old_sign_ins(*, now: datetime) -> int:
    """Delete sign-ins whose session is over and that are older than the audit trail keeps network addresses. Return how many."""
    still_open = Session.objects.filter(pk=OuterRef("session_key"), expire_date__gt=now)
    old = SignIn.objects.filter(~Exists(still_open), signed_in_at__lt=now - settings.LAYERSTORE_AUDIT_ADDRESSES_KEPT)
    deleted = 0
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        deleted += SignIn.objects.filter(pk__in=keys).delete()[0]
    return deleted


def _is_known(user: User, device: str, now: datetime) -> bool:
    mine = SignIn.objects.filter(user=user)
    return mine.filter(device=device).exists() or (user.date_joined > now - _DAY and not mine.exists())


def _mail_key(user: User, now: datetime) -> str | None:
    """Return the key of the user's next mail of the day (UTC); None once they were sent all `MAILS_A_DAY`."""
    keys = [f"new-device:{user.pk}:{now.date()}:{number}" for number in range(MAILS_A_DAY)]
    used = set(OutgoingMail.objects.filter(key__in=keys).values_list("key", flat=True))
    return next((key for key in keys if key not in used), None)
