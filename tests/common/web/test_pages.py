from http.cookies import SimpleCookie

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client, RequestFactory

from common.errors import ConflictError, RetryLater
from common.web.pages import DomainErrorMiddleware, bad_request, csrf_failure, permission_denied, server_error


@pytest.fixture
def middleware() -> DomainErrorMiddleware:
    return DomainErrorMiddleware(lambda _request: pytest.fail("not asked"))


@pytest.fixture
def request_of_a_page(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/", headers={"host": "layerstore.test"})
    request.user = AnonymousUser()
    return request


@pytest.mark.django_db
def test_a_domain_error_is_a_page_with_its_status_and_sentence(middleware: DomainErrorMiddleware, request_of_a_page: HttpRequest) -> None:
    response = middleware.process_exception(request_of_a_page, ConflictError("That name is taken."))

    assert response is not None
    assert response.status_code == 409
    assert b"That name is taken." in response.content


@pytest.mark.django_db
def test_try_again_says_when(middleware: DomainErrorMiddleware, request_of_a_page: HttpRequest) -> None:
    response = middleware.process_exception(request_of_a_page, RetryLater("Busy."))

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_other_exceptions_are_not_hidden(middleware: DomainErrorMiddleware, request_of_a_page: HttpRequest) -> None:
    assert middleware.process_exception(request_of_a_page, ZeroDivisionError()) is None


@pytest.mark.django_db
def test_each_error_has_a_page_of_ours(request_of_a_page: HttpRequest) -> None:
    assert bad_request(request_of_a_page, ValueError()).status_code == 400
    assert permission_denied(request_of_a_page, PermissionError()).status_code == 403
    assert b"too old" in csrf_failure(request_of_a_page).content


def test_the_page_of_our_own_failure_needs_no_database(request_of_a_page: HttpRequest) -> None:
    assert server_error(request_of_a_page).status_code == 500


@pytest.mark.django_db
def test_the_theme_is_kept_in_a_cookie_and_one_is_back_where_one_was(client: Client) -> None:
    response = client.get("/theme", {"theme": "dark"}, headers={"referer": "http://testserver/search/"})

    assert (response.status_code, response["Location"]) == (303, "http://testserver/search/")
    assert response.cookies["theme"].value == "dark"


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["system", "", "<script>"])
def test_any_other_choice_forgets_the_theme(client: Client, choice: str) -> None:
    client.cookies = SimpleCookie({"theme": "dark"})

    response = client.get("/theme", {"theme": choice})

    assert response.cookies["theme"]["max-age"] == 0


@pytest.mark.django_db
def test_the_switch_is_no_open_redirect(client: Client) -> None:
    response = client.get("/theme", {"theme": "dark"}, headers={"referer": "https://evil.example/"})

    assert response["Location"] == "/"
