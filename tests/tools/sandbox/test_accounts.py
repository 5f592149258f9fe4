"""Connected accounts and the hosted onboarding page, clicked through by posting its forms."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox

RETURN, REFRESH = "http://127.0.0.1:1/selling/payouts/return", "http://127.0.0.1:1/selling/payouts/refresh"


def link(sandbox: Sandbox, account: str, **changes: Any) -> Any:
    params = {"account": account, "return_url": RETURN, "refresh_url": REFRESH, "type": "account_onboarding"}
    return sandbox.api.account_links.create(params | changes)


def onboarding(sandbox: Sandbox, account: str) -> str:
    answer = sandbox.http.get(link(sandbox, account).url)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_new_express_account_may_not_charge(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create(
        {
            "type": "express",
            "country": "NO",
            "email": "acme@acme.example",
            "business_profile": {"name": "Acme Data"},
            "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
            "metadata": {"seller": "1"},
        }
    )

    assert (account.type, account.country, account.default_currency, account.email) == (
        "express",
        "NO",
        "nok",
        "acme@acme.example",
    )
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert (account.business_profile.name, account.metadata["seller"]) == ("Acme Data", "1")


def test_account_is_changed_and_tells(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create({"type": "express", "metadata": {"a": "1", "b": "2"}})

    sandbox.api.accounts.update(account.id, {"email": "new@acme.example", "metadata": {"a": "", "c": "3"}})

    changed = sandbox.api.accounts.retrieve(account.id)
    assert (changed.email, changed.metadata.to_dict()) == ("new@acme.example", {"b": "2", "c": "3"})
    assert sandbox.events.next().type == "account.updated"
    assert sandbox.api.accounts.update(account.id, {"metadata": ""}).metadata.to_dict() == {}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"email": "acme"}, "email_invalid"),
        ({"country": "Norway"}, "country_unsupported"),
        ({"type": "express", "controller": {"fees": {"payer": "application"}}}, "parameters_exclusive"),
    ],
)
def test_account_is_refused(sandbox: Sandbox, params: dict[str, Any], code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.accounts.create(params)

    assert caught.value.code == code
    assert sandbox.api.accounts.list().data == []


def test_unknown_account_is_forbidden(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.PermissionError):
        sandbox.api.accounts.retrieve("acct_none")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"account": "acct_none"}, "account"),
        ({"return_url": "back"}, "return_url"),
        ({"refresh_url": "again"}, "refresh_url"),
        ({"type": "account_removal"}, "type"),
    ],
)
def test_link_is_refused(sandbox: Sandbox, changes: dict[str, str], param: str) -> None:
    account = sandbox.api.accounts.create({"type": "express"}).id

    with pytest.raises(stripe.InvalidRequestError) as caught:
        link(sandbox, **{"account": account} | changes)

    assert caught.value.param == param


def test_completed_onboarding_enables_charges(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create({"type": "express", "email": "acme@acme.example"}).id
    page = onboarding(sandbox, account)
    shown = sandbox.http.get(page)
    assert "TEST MODE. No money moves" in shown.text
    assert "acme@acme.example" in shown.text
    assert "form-action 'self' http://127.0.0.1:1;" in shown.headers["Content-Security-Policy"]

    answer = sandbox.http.post(page, data={"act": "complete"})

    assert (answer.status_code, answer.headers["Location"]) == (303, RETURN)
    enabled = sandbox.api.accounts.retrieve(account)
    assert (enabled.charges_enabled, enabled.payouts_enabled, enabled.details_submitted) == (True, True, True)
    assert enabled.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert enabled.requirements.currently_due == []
    assert sandbox.events.next().data.object["charges_enabled"] is True
    assert "This is done" in sandbox.http.get(page).text
    sandbox.http.post(page, data={"act": "review"})
    assert sandbox.api.accounts.retrieve(account).charges_enabled is True


def test_unfinished_onboarding_changes_nothing(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create({"type": "express"}).id
    page = onboarding(sandbox, account)

    answer = sandbox.http.post(page, data={"act": "leave"})

    assert (answer.status_code, answer.headers["Location"]) == (303, RETURN)
    assert sandbox.api.accounts.retrieve(account).details_submitted is False
    assert sandbox.events.requests.empty()
    assert "Complete onboarding" in sandbox.http.get(page).text


def test_onboarding_under_review_is_submitted_but_not_enabled(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create({"type": "express"}).id

    sandbox.http.post(onboarding(sandbox, account), data={"act": "review"})

    reviewed = sandbox.api.accounts.retrieve(account)
    assert (reviewed.details_submitted, reviewed.charges_enabled) == (True, False)
    assert reviewed.requirements.disabled_reason == "requirements.pending_verification"
    sandbox.control(f"/accounts/{account}")
    assert sandbox.api.accounts.retrieve(account).charges_enabled is True


def test_link_is_good_once(sandbox: Sandbox) -> None:
    made = link(sandbox, sandbox.api.accounts.create({"type": "express"}).id)
    assert made.expires_at - made.created == 300
    sandbox.http.get(made.url)

    again = sandbox.http.get(made.url)

    assert (again.status_code, again.headers["Location"]) == (303, REFRESH)


def test_link_of_another_account_leads_to_refresh(sandbox: Sandbox) -> None:
    made = link(sandbox, sandbox.api.accounts.create({"type": "express"}).id)

    answer = sandbox.http.get(f"/setup/e/acct_other/{made.url.rpartition('/')[2]}")

    assert answer.headers["Location"] == REFRESH
    assert sandbox.http.get(made.url).headers["Location"].startswith("/setup/s/")


def test_expired_link_leads_to_refresh(sandbox: Sandbox) -> None:
    made = link(sandbox, sandbox.api.accounts.create({"type": "express"}).id)
    stored = sandbox.server.world.store.get("onboarding", made.url.rpartition("/")[2])
    assert stored is not None
    sandbox.server.world.store.save(stored | {"expires_at": 1})

    assert sandbox.http.get(made.url).headers["Location"] == REFRESH


def test_unknown_link_and_button_are_refused(sandbox: Sandbox) -> None:
    page = onboarding(sandbox, sandbox.api.accounts.create({"type": "express"}).id)

    assert sandbox.http.get("/setup/s/none").status_code == 404
    assert sandbox.http.post(page, data={"act": "dance"}).status_code == 400


@pytest.mark.parametrize("way", ["deleted", "deauthorised"])
def test_an_account_that_has_left_is_answered_as_one_that_never_was(sandbox: Sandbox, way: str) -> None:
    account = sandbox.seller()
    sandbox.events.next()
    if way == "deleted":
        gone = sandbox.api.accounts.delete(account)
        assert (gone.id, gone.deleted) == (account, True)
    else:
        sandbox.control(f"/accounts/{account}/leave")
        event = sandbox.events.next()
        assert (event.type, event.account, event.data.object["object"]) == ("account.application.deauthorized", account, "application")

    with pytest.raises(stripe.PermissionError) as retrieved:
        sandbox.api.accounts.retrieve(account)
    with pytest.raises(stripe.PermissionError) as acted:
        sandbox.api.charges.list(options={"stripe_account": account})
    with pytest.raises(stripe.InvalidRequestError) as linked:
        link(sandbox, account)
    with pytest.raises(stripe.InvalidRequestError) as sold:
        sandbox.session(payment_intent_data={"transfer_data": {"destination": account}})

    assert [refused.value.error and refused.value.error.code for refused in (retrieved, acted)] == ["account_invalid"] * 2
    assert [(refused.value.code, refused.value.user_message) for refused in (linked, sold)] == [
        ("resource_missing", f"No such account: '{account}'"),
        ("resource_missing", f"No such destination: '{account}'"),
    ]
    assert account not in {found.id for found in sandbox.api.accounts.list().data}
    sandbox.control(f"/accounts/{account}/come-back")
    assert sandbox.api.accounts.retrieve(account).charges_enabled


def test_an_account_is_paid_out_nothing_and_refuses_a_currency_where_its_standing_says_so(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    sandbox.control(f"/accounts/{seller}", payouts=False, refuses="eur")

    account = sandbox.api.accounts.retrieve(seller)
    assert (account.charges_enabled, account.payouts_enabled) == (True, False)
    with pytest.raises(stripe.InvalidRequestError, match="currency eur is not supported") as refused:
        sandbox.session(payment_intent_data={"transfer_data": {"destination": seller}})
    assert refused.value.code == "currency_not_supported"
