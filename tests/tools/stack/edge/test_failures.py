"""What the edge says where nobody behind it answers, or where it refuses by itself."""

import json

import httpx
import pytest

from common.api.schema import PROBLEM
from common.errors import RetryLater
from tests.tools.stack.edge.asking import ask
from tools.stack.instance import Instance


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Back in a moment"),
        ({"Accept_Language": "de-AT,de;q=0.9,en;q=0.8"}, "Gleich wieder da"),
        ({"Accept_Language": "fr,de;q=0.9"}, "Back in a moment"),
        ({"Accept_Language": "de", "Cookie": "language=en-gb"}, "Back in a moment"),
        ({"Accept_Language": "en", "Cookie": "language=de"}, "Gleich wieder da"),
        ({"Accept_Language": "../x"}, "Back in a moment"),
    ],
)
def test_that_no_web_process_answers_is_said_in_the_readers_language(edge: Instance, headers: dict[str, str], words: str) -> None:
    status, answered, page = ask(edge, "/break-off", **headers)

    assert (status, page, answered["vary"]) == (503, f"<h1>{words}</h1>", "Accept-Language, Cookie")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_whatever_was_sent_a_web_process_that_breaks_off_is_503(edge: Instance, method: str) -> None:
    answer = httpx.request(method, f"{edge.url}/break-off", content=b"x" if method in {"POST", "PATCH"} else None, trust_env=False)

    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "10", "<h1>Back in a moment</h1>")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_web_process_that_breaks_off_is_a_problem_document_in_the_api(edge: Instance, method: str) -> None:
    answer = httpx.request(method, f"{edge.url}/api/v1/break-off", trust_env=False)

    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Content-Type"]) == (503, "10", "application/problem+json")
    assert set(answer.json()) == set(PROBLEM["required"])
    assert (answer.json()["status"], answer.json()["code"]) == (503, RetryLater.code)


def test_what_the_edge_finds_too_large_is_a_problem_document_in_the_api(edge: Instance) -> None:
    status, headers, body = ask(edge, "/api/v1/products/", Content_Length="13000000")

    assert (status, headers["content-type"], json.loads(body)["code"]) == (413, "application/problem+json", "too_large")
    assert set(json.loads(body)) == set(PROBLEM["required"])


@pytest.mark.usefixtures("token")
def test_a_request_that_breaks_the_token_process_off_fails_nobody_else(edge: Instance) -> None:
    for _ in range(5):
        assert ask(edge, "/auth/break-off")[0] == 503
        assert ask(edge, "/auth/token")[0] == 200


def test_a_missing_token_process_is_said_in_the_registrys_own_words(edge: Instance) -> None:
    status, headers, body = ask(edge, "/auth/token")

    assert status == 503
    assert headers["content-type"].startswith("application/json")
    assert headers["retry-after"] == "5"
    assert '"code":"UNAVAILABLE"' in body
