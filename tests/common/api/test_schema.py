import io
import json
import re
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.support.pages import assert_sound


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
    assert nouns == sale | {
        "access-tokens",
        "discounts",
        "documents",
        "editions",
        "figures",
        "gifts",
        "organisations",
        "pull-counts",
        "puller-counts",
        "pull-diagnoses",
        "refunds",
        "reports",
        "reviews",
        "robots",
        "storage",
        "trials",
    }


@pytest.mark.django_db
def test_the_documentation_shows_every_operation_and_object(client: Client, schema: dict[str, Any]) -> None:
    page = client.get("/api/docs/").content.decode()

    operations = [operation for several in schema["paths"].values() for operation in several.values()]
    assert [one["operationId"] for one in operations if f'id="{one["operationId"]}"' not in page] == []
    assert set(re.findall(r'href="#(\w+)"', page)) <= set(re.findall(r'id="([\w-]+)"', page))
    assert {"Product", "Order", "Problem", "Robot"} <= set(re.findall(r'<h3 id="(\w+)"', page))


@pytest.mark.django_db
def test_the_documentation_says_what_an_operation_takes(client: Client) -> None:
    page = " ".join(client.get("/api/docs/").content.decode().split())

    assert '<dt><code>slug</code> <span class="pill">required</span></dt> <dd lang="en">text, at most 128 characters<br>' in page
    assert '<dd lang="en">&quot;draft&quot; or &quot;published&quot; or &quot;suspended&quot; or &quot;withdrawn&quot;</dd>' in page
    assert '<dt><code>images</code> <span class="pill">required</span></dt> <dd lang="en">list of UUID<br>' in page
    assert '<a href="#Price">object, or null</a>' in page


@pytest.mark.django_db
def test_the_documentation_is_a_page_like_any_other(client: Client) -> None:
    page = client.get("/api/docs/")

    assert_sound(page)
    assert b"<style" not in page.content
    assert re.findall(rb"<script(?![^>]*\bsrc=)", page.content) == []


@pytest.mark.parametrize(
    ("asked", "accept", "kind"),
    [
        ("", "", "application/vnd.oai.openapi"),
        ("", "*/*", "application/vnd.oai.openapi"),
        ("", "application/json", "application/vnd.oai.openapi+json"),
        ("?format=json", "", "application/vnd.oai.openapi+json"),
        ("?format=yaml", "application/json", "application/vnd.oai.openapi"),
        ("?format=nonsense", "", "application/vnd.oai.openapi"),
    ],
)
def test_programs_get_the_document_as_they_take_it(client: Client, schema: dict[str, Any], asked: str, accept: str, kind: str) -> None:
    response = client.get(f"/api/schema/{asked}", headers={"accept": accept} if accept else None)

    assert response["Content-Type"] == kind
    read = json.loads if "json" in kind else yaml.safe_load
    assert read(response.content) == schema


def test_the_document_is_made_once_and_sent_only_to_who_lacks_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/schema/")
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", lambda *_, **__: pytest.fail("made again"))
    monkeypatch.setattr("drf_spectacular.renderers.OpenApiYamlRenderer.render", lambda *_, **__: pytest.fail("written again"))

    assert client.get("/api/schema/").content == first.content
    again = client.get("/api/schema/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/products/0.5/publish/", "/api/v1/nothing/", "/api/v1/products", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_is_a_problem_document(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert "end with a slash" in response.json()["detail"]
