"""Whoever is signed out behind a form is back at the form after signing in: each address that only takes forms, ours and our libraries'."""

import inspect
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from common.web import throttling
from tests.support.routes import Route, site_routes
from tests.support.rows import given, rows_of_others

FORM = "/acme/db?code=autumn"
OF_LIBRARIES = ("account_", "mfa_", "admin:")
FOR_EVERYBODY = {"common:language", "common:currency", "billing:stripe_webhook", "billing:stripe_connect_webhook"}
PARTS_OF_SIGNING_IN = {"admin:login", "account_confirm_login_code", "mfa_authenticate", "mfa_login_webauthn"}
ROUTES = [route for route in site_routes() if route.name and not route.pattern.startswith("api/")]


@pytest.fixture(autouse=True)
def _nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stranger asks everywhere, more often than anybody may."""
    monkeypatch.setattr(throttling, "_charge", lambda *_, **__: None)


def takes_forms_alone(route: Route) -> bool:
    return inspect.isfunction(route.view) and "@require_POST\n" in inspect.getsource(inspect.unwrap(route.view))


def asked_by_a_stranger(**headers: str) -> dict[str, str]:
    """Where each address sends a form of somebody who is not signed in, if that is the sign-in page."""
    client, rows = Client(raise_request_exception=False, headers=headers), rows_of_others()
    ours = [(route.name, given(route, rows)) for route in ROUTES if not route.name.startswith(OF_LIBRARIES)]
    theirs: list[tuple[str, dict[str, object]]] = [
        (route.name, {}) for route in ROUTES if route.name.startswith(OF_LIBRARIES) and not route.parameters
    ]
    answers = {name: client.post(reverse(name, kwargs=words)) for name, words in (*ours, *theirs)}
    sent = {name: answer["Location"] for name, answer in answers.items() if answer.status_code == HTTPStatus.FOUND}
    return {name: to for name, to in sent.items() if urlsplit(to).path in {reverse("account_login"), reverse("admin:login")}}


@pytest.mark.django_db
def test_every_form_of_who_is_signed_out_leads_back_to_its_page() -> None:
    sent = asked_by_a_stranger(referer=f"http://testserver{FORM}")
    alone = {route.name for route in ROUTES if takes_forms_alone(route)}

    assert alone - sent.keys() == FOR_EVERYBODY
    assert {name for name, to in sent.items() if parse_qs(urlsplit(to).query) != {"next": [FORM]}} == PARTS_OF_SIGNING_IN


@pytest.mark.django_db
def test_no_form_of_who_is_signed_out_leads_to_an_address_that_only_takes_forms() -> None:
    """From a browser that does not say where it was."""
    sent = asked_by_a_stranger()

    assert {name: to for name, to in sent.items() if urlsplit(to).query} == {}
