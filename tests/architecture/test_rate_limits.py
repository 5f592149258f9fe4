"""Nothing can be done without end: each address that writes has a limit, and operators read the same numbers as the code."""

from itertools import product
from pathlib import Path
from time import time

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.people.models import User
from billing.discounts.trying import GUESS
from common.web import throttling
from common.web.rate_limits import acts
from common.web.throttling import WRITING, act_of
from config import rate_limits
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import NamespaceFactory
from tests.support.routes import Route, site_routes
from tests.support.rows import given, rows_of_others

MANUAL = Path(settings.BASE_DIR, "docs", "operations.md")
NAMED = [route for route in site_routes() if route.name and not route.name.startswith("admin:")]
WRITES = ("INSERT", "UPDATE", "DELETE")
OF_LIBRARIES = {"pk": 1, "key": "x", "uidb36": "x", "path": "x"}


def just_signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time()}]
    session.save()
    return client


def address(route: Route, rows) -> str:
    """The address of a row of somebody's, or of any row where the address is a library's."""
    if route.name.startswith(("account_", "mfa_")):
        return reverse(route.name, kwargs={name: OF_LIBRARIES[name] for name in route.parameters})
    return reverse(route.name, kwargs=given(route, rows))


@pytest.fixture
def most_able(monkeypatch) -> User:
    """Somebody who is seller and staff: whoever may most. Nothing of what they do is counted here."""
    monkeypatch.setattr(throttling, "_charge", lambda *_, **__: None)
    user: User = NamespaceFactory().owner.user
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return user


@pytest.mark.django_db
def test_each_address_that_writes_has_a_rate_limit(most_able: User) -> None:
    """Who asks signs in once: an address that refuses the method, as all of these must, ends no session."""
    rows, unlimited = rows_of_others(), [pair for pair in product(NAMED, sorted(WRITING)) if act_of(pair[1], pair[0].name) is None]
    page, program = just_signed_in(most_able), Client(raise_request_exception=False)
    program.defaults["HTTP_AUTHORIZATION"] = f"Bearer {AccessTokenFactory(user=most_able).secret}"

    def ask(method: str, route: Route) -> int:
        client = program if route.pattern.startswith("api/") else page
        return int(getattr(client, method.lower())(address(route, rows), content_type="application/json").status_code)

    taken = [f"{method} {route}" for route, method in unlimited if ask(method, route) != 405]

    assert unlimited
    assert taken == []
    assert page.get(reverse("account_reauthenticate")).status_code == 200  # signed in to the end


@pytest.mark.django_db
def test_no_page_that_a_stranger_reads_without_a_limit_writes_a_row() -> None:
    """Asked for as a script asks, which the libraries answer in ways of their own; by HEAD where GET has a limit, for both run the same."""
    rows, written, script = rows_of_others(), [], {"X-Requested-With": "XMLHttpRequest"}
    for route in NAMED:
        method = next((method for method in ("GET", "HEAD") if act_of(method, route.name) is None), "")
        with CaptureQueriesContext(connection) as queries:
            if method:
                getattr(Client(raise_request_exception=False, headers=script), method.lower())(address(route, rows))
        written += [f"{method} {route}: {query['sql']}" for query in queries if query["sql"].startswith(WRITES)]

    assert written == []


@pytest.mark.django_db
def test_a_stranger_begins_only_so_many_sessions_with_security_keys() -> None:
    """As many as come from one address in a minute, each without the cookie of the one before."""
    most, script = acts()["security_key.ask"].limits[0].most, {"X-Requested-With": "XMLHttpRequest"}

    answers = [Client(headers=script).get(reverse("mfa_login_webauthn")).status_code for _ in range(most + 1)]

    assert answers == [200] * most + [429]
    assert Session.objects.count() == most


def test_each_rate_limit_is_of_an_address_that_there_is() -> None:
    names = {route.name for route in site_routes()}

    assert {entry for entry in rate_limits.ROUTES if entry.partition(" ")[2] not in names} == set()
    assert {act for act in rate_limits.ROUTES.values() if act} | {throttling.EVERY_WRITE, GUESS} == set(acts())


def test_operators_are_told_every_rate_limit_and_number() -> None:
    section = MANUAL.read_text(encoding="utf-8").partition("## Rate limits and numbers\n")[2].partition("\n##")[0]
    told = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| act", "| number"))]

    assert told == list(rate_limits.documented())
