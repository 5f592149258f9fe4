from base64 import b64encode
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from common.api.pagination import CursorPagination
from common.api.problems import problem_details
from common.errors import ConflictError, InvalidInput, RetryLater


class NameTaken(ConflictError):
    code = "name_taken"
    field = "name"


def test_a_domain_error_is_a_problem_document() -> None:
    response = problem_details(NameTaken("Choose another name."), {})

    assert response is not None
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "name_taken",
        "detail": "Choose another name.",
        "errors": {"name": ["Choose another name."]},
    }


def test_try_again_says_when() -> None:
    response = problem_details(RetryLater("Busy."), {})

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        pytest.param(InvalidInput("No."), 422, "invalid_input", id="ours"),
        pytest.param(Http404(), 404, "not_found", id="not found"),
        pytest.param(PermissionDenied(), 403, "access_denied", id="django's denial"),
        pytest.param(exceptions.NotAuthenticated(), 401, "not_authenticated", id="no credential"),
        pytest.param(exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed", id="method"),
    ],
)
def test_every_error_has_one_shape(exception: Exception, status: int, code: str) -> None:
    response = problem_details(exception, {})

    assert response is not None
    assert (response.status_code, response.data["code"], response.content_type) == (status, code, "application/problem+json")


def test_a_database_that_is_away_is_no_defect_of_the_request() -> None:
    response = problem_details(OperationalError("connection refused"), {})

    assert response is not None
    assert (response.status_code, response.data["code"], response["Retry-After"]) == (503, "database_away", "30")


def test_throttling_says_when() -> None:
    response = problem_details(exceptions.Throttled(wait=7), {})

    assert response is not None
    assert (response.status_code, response["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("detail", "errors"),
    [
        pytest.param({"name": ["Too long."]}, {"name": ["Too long."]}, id="by field"),
        pytest.param(["Not both."], {"non_field_errors": ["Not both."]}, id="of the whole"),
    ],
)
def test_invalid_fields_are_named(detail: Any, errors: dict[str, list[str]]) -> None:
    response = problem_details(exceptions.ValidationError(detail), {})

    assert response is not None
    assert response.data["errors"] == errors


def test_a_defect_of_ours_is_not_dressed_up() -> None:
    assert problem_details(ZeroDivisionError(), {}) is None


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("p=abc", id="a position that is no id"),
        pytest.param("p=%00", id="NUL"),
        pytest.param("o=x", id="no number"),
        pytest.param("\udcff", id="no text"),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_not_found(said: str) -> None:
    cursor = b64encode(said.encode(errors="surrogateescape")).decode()

    with pytest.raises(exceptions.NotFound):
        CursorPagination().decode_cursor(Request(APIRequestFactory().get("/", {"cursor": cursor})))


@pytest.mark.parametrize("said", ["p=01890a5d-ac96-774b-bcce-b302099a8057", "o=5", "r=1"])
def test_a_cursor_of_ours_is_read(said: str) -> None:
    cursor = b64encode(said.encode()).decode()

    assert CursorPagination().decode_cursor(Request(APIRequestFactory().get("/", {"cursor": cursor}))) is not None
