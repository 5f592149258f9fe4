"""What allauth tells of sign-ins and changed passwords."""

from typing import Any

from allauth.account.signals import password_changed, password_set, user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.people.models import User
from accounts.sessions.services import follow_session, note_sign_in
from common.web.client import address_of

_NOTED = "noted_as"  # in the session: the key under which its sign-in is noted, for the key itself changes


@receiver(user_logged_in)
def on_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Note the sign-in, whatever opened the account: password, second factor, passkey or code."""
    request.session.save()  # another user may have been signed in: then the session has no key yet
    key = str(request.session.session_key)
    request.session[_NOTED] = key
    note_sign_in(user=user, session_key=key, user_agent=request.headers.get("User-Agent", ""), address=address_of(request))


@receiver([password_changed, password_set])
def on_new_key(request: HttpRequest, user: User, **_: Any) -> None:
    """Follow the session to its new key; whatever else gives it one calls this as well."""
    before, after = request.session.get(_NOTED, ""), str(request.session.session_key)
    request.session[_NOTED] = after
    follow_session(user=user, before=before, after=after)
