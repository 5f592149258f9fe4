"""Pages of lists, filters, and identifiers expanded into objects."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox


@pytest.fixture
def keys(sandbox: Sandbox) -> list[str]:
    """Five accounts, newest first."""
    return [sandbox.api.accounts.create({"type": "express"}).id for _ in range(5)][::-1]


def test_list_is_newest_first_in_pages(sandbox: Sandbox, keys: list[str]) -> None:
    first = sandbox.api.accounts.list({"limit": 2})
    second = sandbox.api.accounts.list({"limit": 2, "starting_after": keys[1]})
    back = sandbox.api.accounts.list({"limit": 2, "ending_before": keys[4]})

    assert ([one.id for one in first.data], first.has_more, first.url) == (keys[:2], True, "/v1/accounts")
    assert ([one.id for one in second.data], second.has_more) == (keys[2:4], True)
    assert ([one.id for one in back.data], back.has_more) == (keys[2:4], True)
    assert [one.id for one in sandbox.api.accounts.list({"limit": 2}).auto_paging_iter()] == keys


@pytest.mark.parametrize(
    ("params", "param"),
    [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"starting_after": "acct_none"}, "starting_after")],
)
def test_impossible_page_is_refused(sandbox: Sandbox, params: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.accounts.list(params)

    assert caught.value.param == param


def test_sessions_are_found_by_intent_and_state(sandbox: Sandbox) -> None:
    paid, still_open = sandbox.sale(), sandbox.session()
    sessions = sandbox.api.checkout.sessions

    assert [one.id for one in sessions.list({"payment_intent": paid.payment_intent}).data] == [paid.id]
    assert [one.id for one in sessions.list({"status": "open"}).data] == [still_open.id]
    found = sessions.list({"customer_details": {"email": "mira@fjord.example"}}).data
    assert [one.id for one in found] == [paid.id]
    assert sessions.list({"created": {"gt": paid.created + 1000}}).data == []
    assert len(sessions.list({"created": {"gte": paid.created}}).data) == 2
    assert [one.id for one in sessions.list({"created": 1}).data] == []


def test_events_are_found_by_type(sandbox: Sandbox) -> None:
    sandbox.sale()
    events = sandbox.api.events

    assert [one.type for one in events.list({"type": "checkout.*"}).data] == ["checkout.session.completed"]
    both = events.list({"types": ["payment_intent.succeeded", "charge.succeeded"]}).data
    assert [one.type for one in both] == ["payment_intent.succeeded", "charge.succeeded"]


def test_line_items_have_a_list_of_their_own(sandbox: Sandbox) -> None:
    session = sandbox.session()

    [line] = sandbox.api.checkout.sessions.line_items.list(session.id).data

    assert (line.description, line.quantity, line.amount_total, line.price.unit_amount) == ("Postgres HA", 1, 4900, 4900)


def test_expansion_goes_four_levels_and_through_lists(sandbox: Sandbox) -> None:
    session = sandbox.sale()

    [listed] = sandbox.api.charges.list({"expand": ["data.transfer.destination", "data.transfer_data.destination"]}).data
    [refundless] = sandbox.api.checkout.sessions.list({"expand": ["data.payment_intent.latest_charge"]}).data

    assert listed.transfer.destination.charges_enabled is True
    assert listed.transfer_data.destination.id == listed.transfer.destination.id
    assert refundless.payment_intent.latest_charge.payment_intent == session.payment_intent


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("shop", "This property cannot be expanded (shop)."),
        ("payment_intent.shop", "This property cannot be expanded (payment_intent.shop)."),
        ("a.b.c.d.e", "You cannot expand more than 4 levels of a property. Property: a.b.c.d.e"),
    ],
)
def test_impossible_expansion_is_refused(sandbox: Sandbox, path: str, message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.checkout.sessions.retrieve(sandbox.sale().id, {"expand": [path]})

    assert (caught.value.param, str(caught.value.user_message)) == ("expand", message)


def test_nothing_expands_to_nothing(sandbox: Sandbox) -> None:
    session = sandbox.session()

    shown = sandbox.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})

    assert shown.payment_intent is None


def test_session_metadata_may_be_changed(sandbox: Sandbox) -> None:
    session = sandbox.session()

    changed = sandbox.api.checkout.sessions.update(session.id, {"metadata": {"order": "order-2"}})

    assert changed.metadata.to_dict() == {"order": "order-2"}
