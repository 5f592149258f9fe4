"""The commands of the control endpoints, and the page that shows them to people."""

from pathlib import Path

import pytest

from tests.tools.sandbox.conftest import Sandbox


def test_overview_shows_what_happened(sandbox: Sandbox) -> None:
    empty = sandbox.http.get("/sandbox/").text
    for words in ("No checkout yet", "Nothing was charged yet", "No seller has connected yet", "No event yet"):
        assert words in empty
    session = sandbox.sale()
    sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")
    sandbox.session()
    sandbox.control("/webhooks/hold")
    sandbox.control("/faults", remaining=3)

    page = sandbox.http.get("/sandbox/").text

    for words in ("complete, paid", session.id[:18], "Open dispute", "Seller wins", "Stop charges", "Send again", "Expire"):
        assert words in page
    for words in ("Webhooks are held back", "Faults are set", "error for the next 3"):
        assert words in page


def test_buttons_lead_back_to_the_overview(sandbox: Sandbox) -> None:
    account = sandbox.seller()
    browser = {"Accept": "text/html,application/xhtml+xml", "Origin": sandbox.url}

    answer = sandbox.http.post(f"/sandbox/api/accounts/{account}", data={"enabled": "false"}, headers=browser)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sandbox/")
    assert sandbox.api.accounts.retrieve(account).charges_enabled is False
    sandbox.http.post("/sandbox/api/webhooks/hold", headers=browser)
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    sandbox.http.post("/sandbox/api/webhooks/release", data={"order": "newest"}, headers=browser)
    assert sandbox.events.until("checkout.session.expired").type == "checkout.session.expired"
    bad = sandbox.http.post("/sandbox/api/webhooks/release", data={"copies": "two"}, headers=browser)
    assert bad.status_code == 400


def test_form_may_name_events(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/hold")
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    event = sandbox.api.events.list().data[0].id

    answer = sandbox.http.post("/sandbox/api/webhooks/release", data={"events": event}, headers={"Accept": "application/json"})

    assert [entry["event"] for entry in answer.json()] == [event]


@pytest.mark.parametrize("deed", ["settle", "fail", "dance"])
def test_impossible_deed_is_refused(sandbox: Sandbox, deed: str) -> None:
    session = sandbox.session()

    assert sandbox.http.post(f"/sandbox/api/sessions/{session.id}/{deed}", json={}).status_code == 400
    assert sandbox.http.post(f"/sandbox/api/sessions/cs_test_none/{deed}", json={}).status_code == 400
    assert sandbox.api.checkout.sessions.retrieve(session.id).status == "open"


def test_session_is_expired_declined_and_paid_later_on_command(sandbox: Sandbox) -> None:
    keys = {deed: sandbox.session().id for deed in ("expire", "decline", "pay-later")}

    states = {deed: sandbox.control(f"/sessions/{key}/{deed}")["status"] for deed, key in keys.items()}

    assert states == {"expire": "expired", "decline": "open", "pay-later": "complete"}


def test_expired_session_cannot_expire_again(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.control(f"/sessions/{session.id}/expire")

    answer = sandbox.http.post(f"/v1/checkout/sessions/{session.id}/expire", auth=("sk_test_sandbox", ""))

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of expired.'
    )


def test_waiting_for_idle_ends_when_it_does_not_come(sandbox: Sandbox) -> None:
    store = sandbox.server.world.store
    store.run("INSERT INTO deliveries (event, state, due) VALUES ('evt_none', 'sending', 0)")

    assert sandbox.http.get("/sandbox/api/webhooks/idle?seconds=0").json() == {"idle": False}


def test_command_of_another_site_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/sandbox/api/webhooks/hold", headers={"Origin": "http://evil.example"})

    assert answer.status_code == 403
    assert "held back" not in sandbox.http.get("/sandbox/").text


@pytest.mark.parametrize(
    ("theme", "back", "place", "marked"),
    [
        ("dark", "/mailbox/", "/mailbox/", 'data-theme="dark"'),
        ("light", "//evil.example", "/sandbox/", 'data-theme="light"'),
        ("system", "http://evil.example", "/sandbox/", '<html lang="en">'),
        ("pink", "/\\evil.example", "/sandbox/", '<html lang="en">'),
    ],
)
def test_theme_is_remembered(sandbox: Sandbox, theme: str, back: str, place: str, marked: str) -> None:
    answer = sandbox.http.get("/sandbox/theme", params={"theme": theme, "back": back})

    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert marked in sandbox.http.get("/mailbox/").text


def test_health_style_and_root_answer(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/healthz").text == "ok\n"
    assert sandbox.http.get("/").headers["Location"] == "/sandbox/"
    assert sandbox.http.get("/static/style.css").headers["Content-Type"] == "text/css; charset=utf-8"


def test_pages_have_the_colours_of_the_shop(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/static/style.css")

    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.text.startswith((Path(__file__).parents[3] / "static" / "css" / "tokens.css").read_text(encoding="utf-8"))
    assert '<link rel="stylesheet" href="/static/style.css">' in sandbox.http.get("/mailbox/").text
