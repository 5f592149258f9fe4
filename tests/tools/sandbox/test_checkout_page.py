"""The hosted payment page, clicked through by posting its forms, without a script."""

from typing import Any

import httpx
import pytest

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params


def press(sandbox: Sandbox, session: Any, act: str, **fields: str) -> httpx.Response:
    return sandbox.http.post(session.url, data={"act": act, "card": "4242 4242 4242 4242"} | fields)


def state(sandbox: Sandbox, session: Any) -> tuple[str, str]:
    now = sandbox.api.checkout.sessions.retrieve(session.id)
    return now.status, now.payment_status


def test_page_shows_what_is_bought_from_whom(sandbox: Sandbox) -> None:
    seller = sandbox.seller(business_profile={"name": "Acme <Data>"})
    session = sandbox.session(payment_intent_data={"transfer_data": {"destination": seller}})

    page = sandbox.http.get(session.url)

    assert page.status_code == 200
    for words in ("TEST MODE. No money moves", "Acme &lt;Data&gt;", "Postgres HA", "€49.00", "mira@fjord.example"):
        assert words in page.text
    assert 'href="http://127.0.0.1:1/acme/postgres-ha">Cancel</a>' in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text


def test_page_lets_its_form_lead_only_to_the_shop(sandbox: Sandbox) -> None:
    policy = sandbox.http.get(sandbox.session().url).headers["Content-Security-Policy"]

    assert policy == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self';"
        " form-action 'self' http://127.0.0.1:1; base-uri 'none'; frame-ancestors 'none'"
    )


def test_picture_of_the_product_is_shown_from_its_origin_only(sandbox: Sandbox) -> None:
    params = session_params()
    params["line_items"][0]["price_data"]["product_data"]["images"] = ["http://127.0.0.1:1/covers/acme/postgres-ha.svg"]

    page = sandbox.http.get(sandbox.api.checkout.sessions.create(params).url)

    assert 'src="http://127.0.0.1:1/covers/acme/postgres-ha.svg"' in page.text
    assert "img-src 'self' data: http://127.0.0.1:1;" in page.headers["Content-Security-Policy"]


def test_pay_leads_to_the_shop_with_the_session(sandbox: Sandbox) -> None:
    session = sandbox.session()

    answer = press(sandbox, session, "pay")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:1/billing/return?session={session.id}"
    paid = sandbox.api.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.customer_details.email == "mira@fjord.example"


def test_double_click_pays_once(sandbox: Sandbox) -> None:
    session = sandbox.session()

    answers = [press(sandbox, session, "pay") for _ in range(2)]

    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(sandbox.api.charges.list().data) == 1
    assert "This is paid already" in sandbox.http.get(session.url).text


@pytest.mark.parametrize(
    ("card", "message", "reason"),
    [
        ("4000 0000 0000 0002", "Your card was declined.", "generic_decline"),
        ("4000-0000-0000-9995", "Your card has insufficient funds.", "insufficient_funds"),
        ("4000000000000069", "Your card has expired.", "expired_card"),
    ],
)
def test_declined_card_may_be_tried_again(sandbox: Sandbox, card: str, message: str, reason: str) -> None:
    session = sandbox.session()

    answer = press(sandbox, session, "pay", card=card)

    assert answer.headers["Location"] == f"/c/pay/{session.id}"
    assert message in sandbox.http.get(session.url).text
    failed = sandbox.events.until("payment_intent.payment_failed").data.object
    assert failed["last_payment_error"]["decline_code"] == reason
    assert state(sandbox, session) == ("open", "unpaid")
    press(sandbox, session, "pay")
    assert state(sandbox, session) == ("complete", "paid")
    assert sandbox.api.checkout.sessions.retrieve(session.id).payment_intent == failed["id"]
    assert [charge.status for charge in sandbox.api.charges.list().data] == ["succeeded", "failed"]


def test_decline_button_declines(sandbox: Sandbox) -> None:
    session = sandbox.session()

    press(sandbox, session, "decline")

    assert "Your card was declined." in sandbox.http.get(session.url).text
    assert state(sandbox, session) == ("open", "unpaid")


def test_second_step_is_asked_and_confirmed(sandbox: Sandbox) -> None:
    session = sandbox.session()

    page = press(sandbox, session, "pay", card="4000 0027 6000 3155")

    assert page.status_code == 200
    assert "Your bank asks: is it you?" in page.text
    assert state(sandbox, session) == ("open", "unpaid")
    assert press(sandbox, session, "confirm").status_code == 303
    assert state(sandbox, session) == ("complete", "paid")


def test_pay_later_completes_unpaid_and_settles(sandbox: Sandbox) -> None:
    session = sandbox.session()

    assert press(sandbox, session, "later").headers["Location"].endswith(session.id)

    assert state(sandbox, session) == ("complete", "unpaid")
    assert sandbox.events.until("checkout.session.completed").data.object["payment_status"] == "unpaid"
    assert "Your bank has been asked" in sandbox.http.get(session.url).text
    intent = sandbox.api.checkout.sessions.retrieve(session.id).payment_intent
    assert sandbox.api.payment_intents.retrieve(intent).status == "processing"
    sandbox.control(f"/sessions/{session.id}/settle")
    assert sandbox.events.until("checkout.session.async_payment_succeeded").data.object["payment_status"] == "paid"
    assert sandbox.api.payment_intents.retrieve(intent).status == "succeeded"


def test_pay_later_may_fail(sandbox: Sandbox) -> None:
    session = sandbox.session()
    press(sandbox, session, "later-fails")

    sandbox.control(f"/sessions/{session.id}/fail")

    assert sandbox.events.until("checkout.session.async_payment_failed").data.object["payment_status"] == "unpaid"
    assert state(sandbox, session) == ("complete", "unpaid")
    again = sandbox.control(f"/sessions/{session.id}/settle")
    assert again["payment_status"] == "unpaid"


def test_pay_later_is_not_offered_where_the_shop_left_it_out(sandbox: Sandbox) -> None:
    session = sandbox.session(excluded_payment_method_types=["sepa_debit"])

    assert "Pay later" not in sandbox.http.get(session.url).text
    assert press(sandbox, session, "later").status_code == 400
    assert state(sandbox, session) == ("open", "unpaid")


@pytest.mark.parametrize(
    ("fields", "field", "advice"),
    [
        ({"card": "12"}, "card", "Enter a test card"),
        ({"email": "mira"}, "email", "Enter the e-mail address"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(sandbox: Sandbox, fields: dict[str, str], field: str, advice: str) -> None:
    params = session_params()
    del params["customer_email"]
    session = sandbox.api.checkout.sessions.create(params)

    page = press(sandbox, session, "pay", **({"email": "mira@fjord.example"} | fields))

    assert page.status_code == 422
    assert advice in page.text
    assert f'value="{fields[field]}"' in page.text
    assert state(sandbox, session) == ("open", "unpaid")


def test_expired_session_cannot_be_paid(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.api.checkout.sessions.expire(session.id)

    press(sandbox, session, "pay")

    assert state(sandbox, session) == ("expired", "unpaid")
    page = sandbox.http.get(session.url).text
    assert "This checkout has expired" in page
    assert 'href="http://127.0.0.1:1/acme/postgres-ha"' in page


def test_unknown_session_and_button_are_refused(sandbox: Sandbox) -> None:
    assert "There is nothing here" in sandbox.http.get("/c/pay/cs_test_none").text
    assert press(sandbox, sandbox.session(), "dance").status_code == 400


def test_form_of_another_site_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.session()

    answer = sandbox.http.post(session.url, data={"act": "pay"}, headers={"Origin": "http://evil.example"})

    assert answer.status_code == 403
    assert state(sandbox, session) == ("open", "unpaid")


@pytest.mark.parametrize(
    ("currency", "amount", "shown"), [("jpy", 500, "¥500"), ("nok", 123456, "NOK\xa01,234.56"), ("kwd", 12340, "KWD\xa012.340")]
)
def test_amount_is_written_as_its_currency_is(sandbox: Sandbox, currency: str, amount: int, shown: str) -> None:
    params = session_params()
    params["line_items"][0]["price_data"] |= {"currency": currency, "unit_amount": amount}

    assert shown in sandbox.http.get(sandbox.api.checkout.sessions.create(params).url).text
