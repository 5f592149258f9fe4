"""No input is an error of ours: whatever is sent to any page, by whomever, the answer is below 500 and no alarm is raised.

The addresses come from the URL configurations, the forms from the pages themselves.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import product
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import BaseForm
from django.http import QueryDict
from django.test import Client
from django.urls import resolve, reverse, reverse_lazy
from django.utils.http import urlencode

from config.gallery.examples import EXAMPLES
from tests.architecture.hostile_input.asking import POSTED, browser, token_of
from tests.support import hostile
from tests.support.pages import Page
from tests.support.routes import Route, site_routes
from tests.support.rows import given

pytestmark = pytest.mark.django_db
ADMIN = [route for route in site_routes() if route.name.startswith("admin:") and not route.name.endswith(":")]
PAGES = [route for route in site_routes() if route.name and not route.name.startswith("admin:") and not route.pattern.startswith("api/")]
ENDING = {"account_logout", "admin:logout"}  # would sign the asker out
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
    "price",
    "edition",
    "code",
)
QUERIES: dict[str, tuple[bytes, ...]] = {
    "nobody": (b"\x00", b"\xed\xa0\x80", b"9" * 5_000),
    "buyer": (b"\xff\xfe",),
    "seller": (b"\x00", b"9" * 5_000, "\u200b\u202e".encode()),
    "staff": (b"\x00",),
    "subscriber": (b"9" * 5_000,),
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
OF_LIBRARIES = {"pk": 1, "key": "x", "uidb36": "x", "path": "x"}


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


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "staff", "subscriber"])
def test_no_query_breaks_a_page(faults, askers, rows, who, monkeypatch) -> None:
    monkeypatch.setattr("config.gallery.views.EXAMPLES", dict([*EXAMPLES.items()][:1]))  # the others hold nothing of the query either
    monkeypatch.setattr("django.core.handlers.wsgi.QueryDict", NotingQuery)
    looking = 0
    for route in PAGES:
        if route.name in ENDING:
            continue
        NotingQuery.read.clear()
        for value in QUERIES[who]:
            query = urlencode(dict.fromkeys(QUERY_NAMES, value))
            answer = faults.look(askers[who].get(f"{address(route, rows)}?{query}"), who, route, value)
            if not NotingQuery.read and not 300 <= answer.status_code < 400:
                break  # a page that looks at no name meets no value either; a way to somewhere else takes the query along as it is
        looking += bool(NotingQuery.read)
        for value in QUERIES[who] if who == "seller" and NotingQuery.read & {"seller", "*"} else ():
            # Alone: whoever names nobody they sell for reads nothing else.
            faults.look(askers[who].get(f"{address(route, rows)}?{urlencode({'seller': value})}"), who, route, "seller")
    assert looking > len(PAGES) / 3  # nothing would be noted of any, were queries made of another class


class NotingQuery(QueryDict):
    """The query of an address, which notes what was looked for in it; `*` where all of it was."""

    read: ClassVar[set[object]] = set()

    def __init__(self, *args: Any, **options: Any) -> None:
        before = set(self.read)
        super().__init__(*args, **options)
        self.read.intersection_update(before)  # whoever fills it looks whether a name is there already

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(key)
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.read.add("*")
        return super().__iter__()

    def getlist(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().getlist(key, default)

    def lists(self) -> Any:
        self.read.add("*")
        return super().lists()


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
    """Each value in all fields at once; one alone in every field; others alone in a field that took them, for only these reach what is behind."""
    forms = forms_of(askers[who], rows)
    assert len(forms) > {"nobody": 2, "seller": 20}[who]

    for at, fields in forms.items():
        for sent in (b"\x00", b"\xed\xa0\x80", b"9" * 5_000, b"x" * 60_000):
            faults.look(send(askers[who], at, dict.fromkeys(fields, sent)), at, sent)
        for name in (name for name in fields if name != "credential"):  # also where it is refused: a form goes on without it
            faults.look(send(askers[who], at, fields | {name: "9" * 5_000}), at, name)
        for value in ("\u200b", "99999999999999999999-01-01"):
            refused = refused_by_themselves(faults.look(send(askers[who], at, dict.fromkeys(fields, value)), at, value))
            for name in (name for name in fields if name not in refused | {"credential"}):
                faults.look(send(askers[who], at, fields | {name: value}), at, name, value)
        for value in DOCUMENTS if "credential" in fields else ():
            faults.look(send(askers[who], at, fields | {"credential": value}), at, value)
    assert who == "nobody" or askers[who].get("/account/").status_code == 200  # signed in to the end


def refused_by_themselves(answer: Any) -> set[str]:
    """The fields of a page that take nothing of what they were sent in any form that has them, whatever the others hold."""
    refused, taken = set(), set()
    for form in {id(one): one for part in answer.context or () for one in part.flatten().values() if isinstance(one, BaseForm)}.values():
        for name, field in form.fields.items() if form.is_bound else ():
            try:
                field.clean(field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name)))
                taken.add(form.add_prefix(name))
            except ValidationError:
                refused.add(form.add_prefix(name))
    return refused - taken


def test_no_field_breaks_an_act_of_staff(faults, askers) -> None:
    for route in (route for route in ADMIN if route.name.endswith("_changelist")):
        at = reverse(route.name)
        for sent in (b"\x00", b"9" * 5_000, b"\xed\xa0\x80"):
            names = ("action", "_selected_action", "reason", "index", "select_across", "form-TOTAL_FORMS", "confirmed", "user")
            faults.look(send(askers["staff"], at, dict.fromkeys(names, sent)), at, sent)


def test_no_content_type_breaks_anything(faults, askers, rows) -> None:
    token, nobody = token_of(rows), browser()
    places = ((reverse("account_login"), nobody), (reverse("marketplace:start"), askers["buyer"]), *[(at, nobody) for at in POSTED])
    for content_type, (at, client), body in product(hostile.CONTENT_TYPES, places, (b"", b"a=\xff", b'{"name": "x"}', b"--x\r\n")):
        faults.look(client.generic("POST", at, body, content_type=content_type, headers=token), at, content_type, body)


def test_no_part_of_a_form_breaks_anything(faults, askers, rows) -> None:
    picture, nobody = reverse("marketplace:picture_add", args=[rows["product_id"].pk]), browser()
    places = ((reverse("account_login"), nobody), (picture, askers["seller"]), *[(at, nobody) for at in POSTED])
    for parts, (at, client) in product(hostile.PARTS, places):
        faults.look(client.generic("POST", at, parts, content_type="multipart/form-data; boundary=x"), at, parts)


def test_no_length_breaks_anything(faults, rows) -> None:
    token, types = token_of(rows), ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x")
    for length, at, content_type in product(("-1", "x", "", "9" * 30, "1e3", "999999"), (reverse("account_login"), *POSTED), types):
        # As a server hands it over: what is missing is not there, and nobody is told.
        short: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"{}")}
        faults.look(browser().generic("POST", at, b"{}", content_type=content_type, headers=token, **short), at, length, content_type)


# Together, but for those of which one that is refused has nothing else read.
HEADERS: tuple[tuple[str, ...], ...] = (
    ("host",),
    ("authorization",),
    ("accept", "accept-language", "accept-encoding", "referer", "origin", "x-forwarded-for", "range"),
)
COOKIES = ("layerstore_session", "layerstore_csrf", "theme", "messages")
ALONE = (reverse_lazy("account_login"), "/api/v1/images/")  # a page and the API, where each is sent by itself as well


def test_no_header_and_no_cookie_breaks_anything(faults, rows) -> None:
    for at in ("/", "/library/", "/admin/", "/theme", "/not/there/at/all", *map(str, ALONE)):
        alone = at in ALONE
        for value, names in product(hostile.HEADERS, [*HEADERS, *([(name,) for name in HEADERS[-1]] if alone else [])]):
            answer = faults.look(browser().get(at, headers=dict.fromkeys(names, value)), at, names, value)
            assert names != HEADERS[-1] or answer.status_code != 400, (
                at,
                value,
            )  # whoever refuses one of them early has none of the others read
        for value, names in product(hostile.COOKIES, [COOKIES, *([(name,) for name in COOKIES] if alone else [])]):
            cookies = {"cookie": "; ".join(f"{name}={value}" for name in names)}
            faults.look(browser().get(at, headers=cookies), at, names, value)
            faults.look(browser().post(at, headers=cookies), at, names, value)
