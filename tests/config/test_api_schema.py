import io
import re
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The OpenAPI document; any warning while it is made fails."""
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return dict(yaml.safe_load(out.getvalue()))


def test_every_operation_documents_the_problems_it_may_answer(schema: dict[str, Any]) -> None:
    lacking = [
        f"{method} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if not {"401", "404", "429", "503"} <= operation["responses"].keys()
    ]

    assert lacking == []
    assert len(schema["paths"]) > 10


def test_the_nouns_of_the_sale_are_all_there(schema: dict[str, Any]) -> None:
    nouns = {path.split("/")[3] for path in schema["paths"]}

    sale = {"namespaces", "images", "tags", "products", "prices", "orders", "library"}
    assert nouns == sale | {"access-tokens", "organisations", "pull-counts", "puller-counts", "pull-diagnoses", "robots"}


@pytest.mark.django_db
def test_the_documentation_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs/")

    assert page.status_code == 200
    assert b"cdn" not in page.content
    assert b'src="/static/' in page.content


@pytest.mark.django_db
def test_the_documentation_obeys_the_content_security_policy(client: Client) -> None:
    page = client.get("/api/docs/")

    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert b"<style" not in page.content
    assert re.findall(rb"<script(?![^>]*\bsrc=)", page.content) == []
    assert client.get("/api/docs/", {"script": ""}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/products/0.5/publish/", "/api/v1/nothing/", "/api/v1/products", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_is_a_problem_document(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert "end with a slash" in response.json()["detail"]
