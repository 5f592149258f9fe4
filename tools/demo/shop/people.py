"""Who is in the full demo shop: those who can sign in, and a few hundred buyers."""

import base64
import hmac
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.people.models import Account, User
from tools.demo.shop.clock import Clock
from tools.demo.shop.images import moment
from tools.demo.shop.layers import SEED


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BUYERS: Final = 420
STAFF: Final = (("sol", "support"), ("fay", "finance"), ("mo", "moderation"))
_OLDEST: Final = 190  # days ago signed up whoever came first
BUYER: Final = "lena.fischer"  # a buyer whose library is worth looking at
_FIRST: Final = _words("""
    lena jonas amira tomas yuki pieter sofia kwame ingrid marco chloe arjun beata diego fatima gustav hana ivan julia kenji laura
    mateo nadia oscar priya quentin rosa stefan tereza ulrich vera wei ximena yusuf zofia anton bianca carlos daphne emil
""")
_LAST: Final = _words("""
    fischer okafor novak tanaka jansen rossi mensah berg silva dubois patel kowalski moreno haddad lindqvist suzuki petrov weber
    ito garcia karim nilsson sharma laurent romano vogel brandt dvorak schmid chen torres demir nowak adeyemi mayer costa olsen
    kaya hughes moss
""")


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who can sign in, and with which password."""

    user: User
    password: str

    def record(self) -> dict[str, str]:
        """Return what var/shop.json says of them."""
        return {"username": self.user.username, "email": self.user.email, "password": self.password}


def password_of(username: str) -> str:
    """Return the password of somebody of the demo: random for each instance, and the same whenever it is asked for."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"demo shop:{username}".encode(), "sha256")
    text = base64.b32encode(digest[:15]).decode().lower()
    return f"{text[:8]}-{text[8:16]}-{text[16:]}"


def meet(clock: Clock, username: str, *, today: date, since: int) -> Known:
    """Return somebody with a password and a verified address, who signed up so many days ago; made if they are not there."""
    password = password_of(username)
    user = User.objects.filter(username=username).select_related("account").first()
    if user is None:
        with clock.at(moment(today, since, username)):
            user = User.objects.create_user(username, f"{username}@layerstore.example", password)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return Known(user, password)


def make_buyers(today: date) -> list[User]:
    """Return the buyers, in one order, made if they are not there: people who signed up in the last half year and use no password."""
    joined = dict(_joining(today))
    known = set(User.objects.filter(username__in=joined).values_list("username", flat=True))
    new = [_person(name, at) for name, at in joined.items() if name not in known]
    User.objects.bulk_create(new)
    Account.objects.bulk_create(
        Account(kind=Account.Kind.PERSON, user=user, name=user.username, handle=user.username, created_at=user.date_joined) for user in new
    )
    EmailAddress.objects.bulk_create(EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in new)
    users = {user.username: user for user in User.objects.filter(username__in=joined).select_related("account")}
    return [users[name] for name in joined]


def _joining(today: date) -> Iterator[tuple[str, datetime]]:
    """Yield user names and when each joined, the earliest first."""
    chance = random.Random(f"{SEED} buyers")
    names = [f"{first}.{last}" for first in _FIRST for last in _LAST]
    chosen = [name for name in chance.sample(names, BUYERS) if name != BUYER][: BUYERS - 1]
    for place, name in enumerate([BUYER, *chosen]):
        yield name, moment(today, _OLDEST - place * (_OLDEST - 2) // BUYERS, name)


def _person(username: str, joined: datetime) -> User:
    user = User(username=username, email=f"{username}@layerstore.example", date_joined=joined)
    user.set_unusable_password()
    user.last_login = min(joined + timedelta(days=40), timezone.now())
    return user
