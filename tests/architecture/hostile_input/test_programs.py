"""No input is an error of ours: whatever programs send to the API, the webhook and the inner listener.

The fields of the API come from its own description.
"""

import hmac
import json
from collections.abc import Iterator, Mapping
from functools import cache
from time import time
from typing import Any

import pytest
from django.conf import settings as shop
from django.db.models import Model
from django.urls import resolve
from django.utils.http import urlencode

from common.ids import new_id
from marketplace.products.models import Product
from registry_auth.inbox.endpoint import ADDRESS
from registry_auth.inbox.endpoint import application as notifications
from tests.architecture.hostile_input.asking import browser, token_of
from tests.support import hostile
from tests.support.routes import site_routes
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.django_db
API = [route for route in site_routes() if route.name and route.pattern.startswith("api/")]
ONE_BY_ONE: list[object] = ["9" * 5_000, "\u200b", 10**30, 1.7e308, None, [None], "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]


@cache
def description() -> Any:
    """The API as it describes itself: making that takes as long as a hundred requests."""
    assert API
    return browser().get("/api/schema/?format=json").json()


def inputs(rows: Mapping[str, Model]) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Every operation of the API that takes a body: method, address, and a body with each of its fields, as it could be sent."""
    schema = description()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            content = next(iter(operation["requestBody"]["content"].values()))["schema"]
            name = content.get("$ref", "").rpartition("/")[2]
            fields = schema["components"]["schemas"][name]["properties"]
            yield method, address(path, rows), {field: valid(field, rows) for field in fields}


def address(path: str, rows: Mapping[str, Model]) -> str:
    """The path with the key of a row of the asker's: else 404 would be answered before the body is read."""
    name = resolve(path.replace("{id}", str(new_id())).replace("{handle}", "nobody")).url_name or ""
    of = max((key for key in rows if name.startswith(f"{key}-")), key=len, default="handle")
    return path.replace("{id}", str(rows[of].pk)).replace("{handle}", str(getattr(rows["handle"], "handle", "")))


def valid(name: str, rows: Mapping[str, Model]) -> object:
    """What a field of the API may hold."""
    product = rows["product_id"]
    assert isinstance(product, Product)
    known = {
        "namespace": str(product.namespace_id),
        "images": [str(image.pk) for image in product.images.all()],
        "product": str(product.pk),
        "edition": str(rows["edition"].pk),
        "prices": [{"amount": 500, "currency": "eur"}],
        "kind": "one_off",
        "interval": "month",
        "to": 0,
        "organisation": "nobody",
        "scopes": ["registry:pull"],
        "amount": 500,
        "currency": "eur",
        "category": None,
        "expires_at": None,
        "token": None,
        "buyer": "",
        "image": "acme/db",
    }
    return known.get(name, "words")


def test_each_address_names_a_row_that_the_asker_finds(rows) -> None:
    token, client = token_of(rows), browser()
    asked = {(method, at) for method, at, _ in inputs(rows)}

    answers = {
        (method, at): client.generic(method.upper(), at, b"[]", content_type="application/json", headers=token).status_code
        for method, at in asked
    }

    assert sorted(one for one, status in answers.items() if status == 404) == []


def test_no_body_breaks_the_api(faults, rows) -> None:
    token, client = token_of(rows), browser()
    for method, at, _ in inputs(rows):
        for body in hostile.BODIES:
            faults.look(client.generic(method.upper(), at, body, content_type="application/json", headers=token), method, at, body)


def test_no_value_breaks_the_api(faults, rows) -> None:
    """Each value in all fields at once; and some alone in a field that took them, for only these reach what lies behind the fields."""
    token, client = token_of(rows), browser()

    def ask(method: str, at: str, body: Mapping[str, object]) -> set[str]:
        """Send a body; return the fields that were refused by themselves."""
        content = json.dumps(body)
        answer = client.generic(method.upper(), at, content, content_type="application/json", headers=token)
        faults.look(answer, method, at, content)
        told = answer.json() if answer.status_code == 400 else {}
        return set(told["errors"]) if told.get("code") == "invalid_input" else set()

    for method, at, fields in inputs(rows):
        for value in hostile.VALUES:
            refused = ask(method, at, dict.fromkeys(fields, value))
            for name in (name for name in fields if value in ONE_BY_ONE and name not in refused):
                ask(method, at, fields | {name: value})


def test_no_query_breaks_the_api(faults, rows) -> None:
    token, client = token_of(rows), browser()
    for path, operations in description()["paths"].items():
        at = path.replace("{id}", str(new_id())).replace("{handle}", "nobody")
        names = [parameter["name"] for parameter in operations.get("get", {}).get("parameters", []) if parameter["in"] == "query"]
        for value in hostile.TEXTS if names else ():
            faults.look(client.get(f"{at}?{urlencode(dict.fromkeys(names, value))}", headers=token), at, value)
            for name in names:
                if value in {b"cD0lMDA=", b"9" * 5_000, b"1e400"}:
                    faults.look(client.get(f"{at}?{urlencode({name: value})}", headers=token), at, name, value)


def test_a_lone_surrogate_is_told_as_a_problem_of_the_request(rows) -> None:
    answer = browser().generic(
        "POST", "/api/v1/images/", b'{"namespace": "\\ud800", "name": "db"}', content_type="application/json", headers=token_of(rows)
    )

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "parse_error"


def test_no_event_breaks_the_webhook(faults) -> None:
    for payload in (
        *hostile.BODIES,
        *(json.dumps({"id": value, "type": "account.updated", "data": {"object": {"id": value}}}).encode() for value in hostile.VALUES),
    ):
        for signature in (signed(payload), "t=1,v1=\xff", "t=x,v1=y", "t=" + "9" * 5_000 + ",v1=y"):
            answer = browser().generic(
                "POST", "/billing/stripe/webhook", payload, content_type="application/json", headers={"stripe-signature": signature}
            )
            faults.look(answer, payload, signature)


def test_no_notification_breaks_the_inner_listener(faults) -> None:
    client, known = WsgiClient(notifications), {"authorization": f"Bearer {shop.LAYERSTORE_EVENTS_SECRET}"}
    told = [
        {"events": [dict.fromkeys(("id", "action", "timestamp", "target", "request", "actor"), value), "x"]} for value in hostile.VALUES
    ]
    targets = [{"events": [event(value)]} for value in hostile.VALUES]
    for body in (*hostile.BODIES, *(json.dumps(one).encode() for one in (*told, *targets))):
        for headers in (known, {"authorization": "Bearer \xff"}):
            faults.look(client.generic("POST", ADDRESS, body, content_type="application/json", headers=headers), body)


def event(value: object) -> dict[str, object]:
    """A push of which everything that may vary is this value."""
    target = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "size": value,
        "digest": "sha256:" + "0" * 64,
        "repository": "acme/db",
        "tag": value,
    }
    return {
        "id": "x",
        "action": "push",
        "timestamp": value,
        "target": target,
        "request": {"method": "GET", "addr": value},
        "actor": {"name": value},
    }


def signed(payload: bytes) -> str:
    """Stripe's signature (Stripe, "Verify webhook signatures manually")."""
    now = int(time())
    secret = shop.STRIPE_WEBHOOK_SECRET.encode()
    return f"t={now},v1={hmac.digest(secret, str(now).encode() + b'.' + payload, 'sha256').hex()}"
