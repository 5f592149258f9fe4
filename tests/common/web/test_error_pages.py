"""Errors are pages of ours, and those that say that something is broken need nothing that could be."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from common.web.pages import error_page, server_error
from tests.factories.accounts import UserFactory
from tests.support.pages import assert_sound


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422, 429])
@pytest.mark.parametrize("message", ["", "This is what to do."])
def test_an_error_is_a_page_with_a_way_on(status: int, message: str) -> None:
    request = RequestFactory().get("/acme/nothing")
    request.user = AnonymousUser()

    response = error_page(request, status, message)

    assert_sound(response)
    assert response.status_code == status
    assert str(status) in response.content.decode()
    assert message in response.content.decode()


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_shop_says_so_without_database_session_or_user(status: int) -> None:
    response = error_page(RequestFactory().get("/"), status)  # pytest-django refuses the database here

    assert_sound(response)
    assert "is still yours" in response.content.decode()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_said_to_come_back(error: type[Exception]) -> None:
    try:
        raise error
    except error:
        response = server_error(RequestFactory().get("/"))

    assert (response.status_code, response["Retry-After"]) == (503, "30")


def test_any_other_fault_is_ours() -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        assert server_error(RequestFactory().get("/")).status_code == 500


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?" + "a&" * 1001])
def test_an_address_that_takes_forms_alone_says_so_and_leads_on(client: Client, query: str) -> None:
    strange = client.get(f"/language{query}")
    client.force_login(UserFactory())
    known = client.get(f"/language{query}")

    assert [(answer.status_code, answer["Allow"]) for answer in (strange, known)] == [(405, "POST")] * 2
    assert [assert_sound(answer).text.count("cannot be opened by itself") for answer in (strange, known)] == [2, 2]
    assert '<a class="btn btn-main" href="/search/">' in strange.content.decode()
    assert '<a class="btn btn-main" href="/library/">' in known.content.decode()


def test_the_address_in_a_404_is_text() -> None:
    request = RequestFactory().get("/<script>alert(1)</script>")
    request.user = AnonymousUser()

    assert "<script>alert" not in error_page(request, 404).content.decode()
