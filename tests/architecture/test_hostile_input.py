"""No input is an error of ours: whatever is sent to any address, by whomever, the answer is below 500 and no alarm is raised.

The addresses come from the URL configurations, the forms from the pages themselves, the fields of the API from its own description.
"""

import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from time import time
from typing import Any

import pytest
from django.conf import settings as shop
from django.db.models import Model
from django.test import Client
from django.urls import resolve, reverse
from django.utils.http import urlencode

from accounts.people.models import User
from billing.stripe.errors import StripeRefused
from common.ids import new_id
from common.web import throttling
from marketplace.products.models import Product
from registry_auth.inbox.endpoint import ADDRESS
from registry_auth.inbox.endpoint import application as notifications
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.support import hostile
from tests.support.pages import Page
from tests.support.routes import Route, site_routes
from tests.support.rows import given, rows_of_others
from tests.support.wsgi import WsgiClient

pytestmark = pytest.mark.django_db
ADMIN = [route for route in site_routes() if route.name.startswith("admin:") and not route.name.endswith(":")]
PAGES = [route for route in site_routes() if route.name and not route.name.startswith("admin:") and not route.pattern.startswith("api/")]
API = [route for route in site_routes() if route.name and route.pattern.startswith("api/")]
ENDING = {"account_logout", "admin:logout"}  # would sign the asker out
POSTED = ("/api/v1/images/", "/billing/stripe/webhook", "/why/")
QUERY_NAMES = (
    "q",
    "page",
    "image",
    "key",
    "namespace",
    "name",
    "buyer",
    "theme",
    "sort",
    "next",
    "cancelled",
    "category",
    "platform",
    "size",
    "updated",
    "process",
    "username",
)
QUERIES: dict[str, tuple[bytes, ...]] = {
    "nobody": (b"\x00", b"\xed\xa0\x80", b"9" * 5_000),
    "buyer": (b"\xff\xfe",),
    "seller": (b"\x00", b"9" * 5_000, "\u200b\u202e".encode()),
    "staff": (b"\x00",),
}
# What a browser may say that a passkey has answered.
DOCUMENTS = tuple(
    body.decode("utf-8", "replace")
    for body in (
        *hostile.BODIES,
        b'{"id": "x", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eA", "attestationObject": "eA"}}',
        b'{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "eA", "signature": "eA"}}',
        b'{"id": [], "rawId": {}, "type": 1, "response": {"clientDataJSON": null, "userHandle": "AA"}}',
    )
)
ADMIN_IDS = {"9" * 5_000, "\u200b"}
ONE_BY_ONE: list[object] = ["9" * 5_000, "\u200b", 10**30, 1.7e308, None, [None], "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
OF_LIBRARIES = {"pk": 1, "key": "x", "uidb36": "x", "path": "x"}


@dataclass
class Faults:
    """What went wrong, by what was sent."""

    log: pytest.LogCaptureFixture
    found: list[str] = field(default_factory=list)

    def look(self, answer: Any, *sent: object) -> Any:
        """Note an answer of 500 and above, and every line of log that operators are told to be woken by."""
        alarms = [record.getMessage()[:80] for record in self.log.records if record.levelno >= logging.ERROR]
        self.log.clear()
        if answer.status_code >= 500 or alarms:
            self.found.append(f"{answer.status_code} {' '.join(str(one)[:100] for one in sent)} {alarms}")
        return answer


def stripe_refuses(*_: object, **__: object) -> None:
    raise StripeRefused(reason="Nobody asks Stripe here.", stripe_code="")


@pytest.fixture
def faults(caplog, monkeypatch) -> Iterator[Faults]:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(throttling, "_charge", lambda *_, **__: None)
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *_: True)
    monkeypatch.setattr("billing.stripe.client.api", stripe_refuses)
    found = Faults(caplog)
    yield found
    assert not found.found, "\n".join(found.found[:100])


@pytest.fixture
def rows() -> dict[str, Model]:
    return rows_of_others()


def browser(user: User | None = None, **extra: Any) -> Client:
    client = Client(raise_request_exception=False, **extra)
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def askers(rows) -> dict[str, Client]:
    seller = rows["product_id"].seller.account.user
    staff = UserFactory(staff=True)
    return {"nobody": browser(), "buyer": browser(rows["order_id"].buyer.user), "seller": browser(seller), "staff": browser(staff)}


def address(route: Route, rows: Mapping[str, Model]) -> str:
    if route.name.startswith(("account_", "mfa_")):
        return reverse(route.name, kwargs={name: OF_LIBRARIES[name] for name in route.parameters})
    return reverse(route.name, kwargs=given(route, rows))


def admin_address(route: Route, key: str) -> str:
    return reverse(route.name, kwargs={name: "accounts" if name == "app_label" else key for name in route.parameters})


def forms_of(client: Client, rows: Mapping[str, Model]) -> dict[str, dict[str, str]]:
    """Every form on every page that the asker sees: where it goes, and what it would send as it stands."""
    found: dict[str, dict[str, str]] = {}
    for route in PAGES:
        if route.name in ENDING:
            continue
        at = address(route, rows)
        answer = client.get(at)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            for action, fields in forms_in(answer.content.decode(), at):
                found.setdefault(action, {}).update(fields)
    return {action: fields for action, fields in found.items() if resolve(action).view_name not in ENDING}


def forms_in(html: str, at: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The forms of a page that are sent by POST."""
    action = ""
    fields: dict[str, str] = {}
    for tag, attributes in [*Page(html).elements, ("form", {})]:
        if tag == "form":
            if action:
                yield action, fields
            posts = (attributes.get("method") or "").lower() == "post"
            action, fields = ((attributes.get("action") or at).partition("?")[0] if posts else ""), {}
        elif tag in {"input", "textarea", "select", "button"} and attributes.get("name") not in {None, "csrfmiddlewaretoken"}:
            fields.setdefault(str(attributes["name"]), attributes.get("value") or "x")


def send(client: Client, at: str, fields: Mapping[str, str | bytes]) -> Any:
    """Send a form as bytes."""
    return client.post(at, urlencode(fields), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "staff"])
def test_no_query_breaks_a_page(faults, askers, rows, who) -> None:
    for route in PAGES:
        if route.name not in ENDING:
            for value in QUERIES[who]:
                query = urlencode(dict.fromkeys(QUERY_NAMES, value))
                faults.look(askers[who].get(f"{address(route, rows)}?{query}"), who, route, value)


def test_no_query_and_no_id_breaks_the_admin(faults, askers) -> None:
    for route in ADMIN:
        if route.name in ENDING:
            continue
        for value in ("\x00", "9" * 5_000, "\u200b"):
            at = admin_address(route, value if value in ADMIN_IDS else "1")
            query = urlencode(dict.fromkeys(("q", "p", "o", "all", "e", "_popup", "id__exact", "pk", "is_active__exact"), value))
            faults.look(askers["staff"].get(f"{at}?{query}"), route, value)


def test_no_path_breaks_anything(faults, askers) -> None:
    for prefix in (
        "/",
        "/acme/",
        "/covers/",
        "/api/v1/",
        "/api/v1/products/",
        "/account/",
        "/account/password/reset/key/",
        "/admin/",
        "/media/",
    ):
        for value in (b"%00", b"%ff", b"%ed%a0%80", b"9" * 5_000, b"%e2%80%8b", b"..%2f", b"x-y", b"0" * 36):
            for who in ("nobody", "seller", "staff"):
                faults.look(askers[who].get(prefix + value.decode()), who, prefix, value)
                faults.look(askers[who].get(prefix + value.decode() + "/"), who, prefix, value, "/")


@pytest.mark.parametrize("who", ["nobody", "seller"])
def test_no_field_breaks_a_form(faults, askers, rows, who) -> None:
    forms = forms_of(askers[who], rows)
    assert len(forms) > {"nobody": 2, "seller": 20}[who]

    for at, fields in forms.items():
        for sent in (b"\x00", b"\xed\xa0\x80", b"9" * 5_000, b"x" * 60_000):
            faults.look(send(askers[who], at, dict.fromkeys(fields, sent)), at, sent)
        for name in fields:
            for value in DOCUMENTS if name == "credential" else ("\u200b", "9" * 5_000, "99999999999999999999-01-01"):
                faults.look(send(askers[who], at, fields | {name: value}), at, name, value)
    assert who == "nobody" or askers[who].get("/account/").status_code == 200  # signed in to the end


def test_no_field_breaks_an_act_of_staff(faults, askers) -> None:
    for route in (route for route in ADMIN if route.name.endswith("_changelist")):
        at = reverse(route.name)
        for sent in (b"\x00", b"9" * 5_000, b"\xed\xa0\x80"):
            names = ("action", "_selected_action", "reason", "index", "select_across", "form-TOTAL_FORMS", "confirmed", "user")
            faults.look(send(askers["staff"], at, dict.fromkeys(names, sent)), at, sent)


@pytest.mark.parametrize("content_type", hostile.CONTENT_TYPES)
def test_no_content_type_breaks_anything(faults, askers, rows, content_type) -> None:
    token = token_of(rows)
    for at, client in (
        (reverse("account_login"), browser()),
        (reverse("marketplace:start"), askers["buyer"]),
        *[(at, browser()) for at in POSTED],
    ):
        for body in (b"", b"a=\xff", b'{"name": "x"}', b"--x\r\n"):
            faults.look(client.generic("POST", at, body, content_type=content_type, headers=token), at, content_type, body)


@pytest.mark.parametrize("parts", hostile.PARTS)
def test_no_part_of_a_form_breaks_anything(faults, askers, rows, parts) -> None:
    product = rows["product_id"]
    assert isinstance(product, Product)
    picture = reverse("marketplace:picture_add", args=[product.pk])
    for at, client in ((reverse("account_login"), browser()), (picture, askers["seller"]), *[(at, browser()) for at in POSTED]):
        faults.look(client.generic("POST", at, parts, content_type="multipart/form-data; boundary=x"), at, parts)


@pytest.mark.parametrize("length", ["-1", "x", "", "9" * 30, "1e3", "999999"])
def test_no_length_breaks_anything(faults, askers, rows, length) -> None:
    for at in (reverse("account_login"), *POSTED):
        for content_type in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"):
            # As a server hands it over: what is missing is not there, and nobody is told.
            short = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"{}")}
            answer = browser().generic("POST", at, b"{}", content_type=content_type, headers=token_of(rows), **short)
            faults.look(answer, at, length, content_type)


def test_no_header_and_no_cookie_breaks_anything(faults, rows) -> None:
    for at in ("/", "/library/", "/admin/", "/api/v1/images/", "/theme", reverse("account_login"), "/not/there/at/all"):
        for value in hostile.HEADERS:
            for name in (
                "authorization",
                "accept",
                "accept-language",
                "accept-encoding",
                "referer",
                "host",
                "origin",
                "x-forwarded-for",
                "range",
            ):
                faults.look(browser().get(at, headers={name: value}), at, name, value)
        for value in hostile.COOKIES:
            for name in ("layerstore_session", "layerstore_csrf", "theme", "messages"):
                faults.look(browser().get(at, headers={"cookie": f"{name}={value}"}), at, name, value)
                faults.look(browser().post(at, headers={"cookie": f"{name}={value}"}), at, name, value)


def token_of(rows: Mapping[str, Model]) -> dict[str, str]:
    """The header of a program of the seller's."""
    product = rows["product_id"]
    assert isinstance(product, Product)
    token = AccessTokenFactory(user=product.seller.account.user)
    return {"authorization": f"Bearer {token.secret}"}


def inputs(rows: Mapping[str, Model]) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Every operation of the API that takes a body: method, address, and a body with each of its fields, as it could be sent."""
    schema = browser().get("/api/schema/?format=json").json()
    known = {str(route.pattern): route for route in API}
    assert known
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            content = next(iter(operation["requestBody"]["content"].values()))["schema"]
            name = content.get("$ref", "").rpartition("/")[2]
            fields = schema["components"]["schemas"][name]["properties"]
            at = path.replace("{id}", str(rows["product_id"].pk))
            yield method, at, {field: valid(field, rows) for field in fields}


def valid(name: str, rows: Mapping[str, Model]) -> object:
    """What a field of the API may hold."""
    product = rows["product_id"]
    assert isinstance(product, Product)
    known = {
        "namespace": str(product.namespace_id),
        "images": [str(image.pk) for image in product.images.all()],
        "product": str(product.pk),
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


def test_no_body_breaks_the_api(faults, rows) -> None:
    token, client = token_of(rows), browser()
    for method, at, _ in inputs(rows):
        for body in hostile.BODIES:
            faults.look(client.generic(method.upper(), at, body, content_type="application/json", headers=token), method, at, body)


def test_no_value_breaks_the_api(faults, rows) -> None:
    token, client = token_of(rows), browser()
    for method, at, fields in inputs(rows):
        for value in hostile.VALUES:
            bodies = [dict.fromkeys(fields, value)]
            if value in ONE_BY_ONE:
                bodies += [fields | {name: value} for name in fields]
            for body in bodies:
                content = json.dumps(body)
                faults.look(
                    client.generic(method.upper(), at, content, content_type="application/json", headers=token), method, at, content
                )


def test_no_query_breaks_the_api(faults, rows) -> None:
    token, client = token_of(rows), browser()
    schema = client.get("/api/schema/?format=json").json()
    for path, operations in schema["paths"].items():
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
