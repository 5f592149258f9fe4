"""A person's open sessions."""

from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.people.models import User
from accounts.sessions.models import SignIn


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in now; `current` is the one that asks."""

    sign_in: SignIn
    current: bool


def open_sessions_of(user: User, *, current_key: str) -> list[OpenSession]:
    """Return the sessions that still open the account, newest first: neither run out nor ended, nor older than "log out everywhere".

    Two queries, whatever their number, which is bounded.
    """
    sign_ins = list(SignIn.objects.filter(user=user))
    sessions = Session.objects.filter(pk__in=[one.session_key for one in sign_ins], expire_date__gt=timezone.now())
    valid = user.get_session_auth_hash()
    still_open = {session.pk for session in sessions if session.get_decoded().get(HASH_SESSION_KEY) == valid}
    return [OpenSession(one, one.session_key == current_key) for one in sign_ins if one.session_key in still_open]
