"""Signed, repeated until heard, and under the test's control."""

from dataclasses import replace

import httpx
import pytest
import stripe

from tests.support.ports import free_port
from tests.tools.sandbox.conftest import SECRET, Sandbox
from tests.tools.sandbox.receiver import Receiver
from tools.sandbox.config import Config
from tools.sandbox.server import Server
from tools.sandbox.world import World


def test_event_has_stripes_shape(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.api.checkout.sessions.expire(session.id, options={"idempotency_key": "expire-1"})

    event = sandbox.events.next()

    assert (event.object, event.type, event.livemode) == ("event", "checkout.session.expired", False)
    assert event.api_version == stripe.api_version
    assert event.pending_webhooks == 1
    assert event.request is not None
    assert event.request.idempotency_key == "expire-1"
    assert str(event.request.id).startswith("req_")
    assert (event.data.object["id"], event.data.object["status"]) == (session.id, "expired")
    assert [name for name in event.data.object.to_dict() if name.startswith("_")] == []
    assert sandbox.api.events.retrieve(event.id).type == "checkout.session.expired"


def test_event_of_a_connected_account_names_it(sandbox: Sandbox) -> None:
    seller = sandbox.seller()

    event = sandbox.events.next()

    assert (event.type, event.account, event.data.object["charges_enabled"]) == ("account.updated", seller, True)
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {
        "charges_enabled": False,
        "details_submitted": False,
        "payouts_enabled": False,
    }
    # Stripe shows such events to the connected account alone
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.api.events.retrieve(event.id)
    assert sandbox.api.events.retrieve(event.id, options={"stripe_account": seller}).id == event.id


def test_wrong_secret_does_not_verify(sandbox: Sandbox) -> None:
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    body, signature = sandbox.events.requests.get(timeout=20)

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, SECRET)


@pytest.mark.parametrize("status", [302, 400, 500])
def test_delivery_is_repeated_until_heard(sandbox: Sandbox, status: int) -> None:
    sandbox.events.answers.extend([status, status])

    sandbox.api.checkout.sessions.expire(sandbox.session().id)

    assert {sandbox.events.next().id for _ in range(3)} == {sandbox.api.events.list().data[0].id}
    assert sandbox.http.get("/sandbox/api/webhooks/idle").json() == {"idle": True}
    [delivery] = sandbox.http.get("/sandbox/api/deliveries").json()
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 3, 200)
    assert sandbox.api.events.list().data[0].pending_webhooks == 0
    assert sandbox.events.requests.empty()


def test_delivery_is_given_up_after_the_last_pause(sandbox: Sandbox) -> None:
    sandbox.events.answers.extend([500] * 4)

    sandbox.api.checkout.sessions.expire(sandbox.session().id)

    assert sandbox.http.get("/sandbox/api/webhooks/idle").json() == {"idle": True}
    [delivery] = sandbox.http.get("/sandbox/api/deliveries").json()
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("failed", 4, 500)


def test_nobody_listening_is_an_error_without_status(sandbox: Sandbox) -> None:
    sandbox.events.close()

    sandbox.api.checkout.sessions.expire(sandbox.session().id)

    assert sandbox.http.get("/sandbox/api/webhooks/idle").json() == {"idle": True}
    [delivery] = sandbox.http.get("/sandbox/api/deliveries").json()
    assert (delivery["state"], delivery["status"], delivery["error"]) == ("failed", None, "ConnectError")


def test_held_webhooks_are_let_go_in_the_order_asked_for(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/hold")
    sandbox.sale()
    assert sandbox.http.get("/sandbox/api/webhooks/idle").json() == {"idle": True}
    assert sandbox.events.requests.empty()

    sent = sandbox.control("/webhooks/release", order="newest", keep_holding=True)

    told = [sandbox.events.next().type for _ in sent]
    assert told[0] == "checkout.session.completed"
    assert told[-1] == "account.updated"
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    assert [entry["status"] for entry in sandbox.control("/webhooks/release")] == [200]
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    assert sandbox.events.take(2) == ["checkout.session.expired"] * 2


def test_some_held_webhooks_are_let_go_and_the_rest_stays(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/hold")
    session = sandbox.sale()
    completed = sandbox.api.events.list({"type": "checkout.session.completed"}).data[0]

    sandbox.control("/webhooks/release", events=[completed.id], copies=2, keep_holding=True)

    assert [sandbox.events.next().data.object["id"] for _ in range(2)] == [session.id] * 2
    states = {entry["type"]: entry["state"] for entry in sandbox.http.get("/sandbox/api/deliveries").json()}
    assert states["checkout.session.completed"] == "delivered"
    assert states["payment_intent.succeeded"] == "held"
    again = sandbox.http.post("/sandbox/api/webhooks/release", json={"events": [completed.id]})
    assert again.json()["error"]["message"] == f"Not held: {completed.id}"


def test_lost_webhooks_are_never_sent_by_themselves_and_later_ones_are(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/hold")
    lost, known = sandbox.session().id, sandbox.session().id
    sandbox.api.checkout.sessions.expire(lost)

    assert sandbox.control("/webhooks/drop") == {"lost": 1}

    sandbox.api.checkout.sessions.expire(known)
    assert sandbox.events.next().data.object["id"] == known
    assert sandbox.http.get("/sandbox/api/webhooks/idle").json() == {"idle": True}
    assert [entry["state"] for entry in sandbox.http.get("/sandbox/api/deliveries").json()] == ["delivered", "lost"]


def test_event_is_sent_again_many_times_at_once(sandbox: Sandbox) -> None:
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    event = sandbox.events.next()

    sent = sandbox.control(f"/events/{event.id}/resend", copies=20, at_once=True)

    assert [entry["status"] for entry in sent] == [200] * 20
    assert {sandbox.events.next().id for _ in range(20)} == {event.id}


def test_failed_resend_is_tried_again_by_itself(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/hold")
    sandbox.api.checkout.sessions.expire(sandbox.session().id)
    sandbox.events.answers.append(500)

    assert [entry["status"] for entry in sandbox.control("/webhooks/release")] == [500]

    assert len({sandbox.events.next().id for _ in range(2)}) == 1


def test_unknown_event_is_not_sent(sandbox: Sandbox) -> None:
    assert sandbox.http.post("/sandbox/api/events/evt_none/resend", json={}).status_code == 400


def test_nothing_due_writes_nothing(config: Config) -> None:
    # a commit wakes the sender: one of its own in every round would keep it running for ever
    world = World.opened(config)
    commits: list[None] = []
    world.store.on_commit(lambda: commits.append(None))

    assert world.webhooks._claim() == []

    world.webhooks._client.close()
    world.store.close()
    assert commits == []


def test_failed_transaction_leaves_nothing(config: Config) -> None:
    world = World.opened(config)

    with pytest.raises(ZeroDivisionError), world.store.transaction():
        world.act().make("refund", amount=1)
        1 / 0  # noqa: B018 - the failure is the point

    assert world.store.newest("refund") == []
    world.webhooks._client.close()
    world.store.close()


def test_events_of_connected_accounts_may_have_an_address_and_a_secret_of_their_own(config: Config) -> None:
    connect = Receiver("whsec_connect")
    own = replace(config, connect_webhook_url=connect.url, connect_webhook_secret="whsec_connect")
    client = stripe.StripeClient(config.secret_key, base_addresses={"api": config.public_url})
    with Server(own, int(config.public_url.rpartition(":")[2]), free_port()) as server, httpx.Client(base_url=config.public_url) as http:
        account = client.v1.accounts.create({"type": "express"}).id
        http.post(f"/sandbox/api/accounts/{account}", json={}).raise_for_status()
        event = connect.next()
        ours = server.world.webhooks._endpoint({"account": None})
    connect.close()

    assert (event.type, event.account) == ("account.updated", account)
    assert ours == (config.webhook_url, SECRET)


def test_events_can_say_another_api_version(sandbox: Sandbox) -> None:
    sandbox.control("/webhooks/version", version="2019-12-03")
    sandbox.seller()
    assert sandbox.events.next().api_version == "2019-12-03"

    sandbox.control("/webhooks/version")

    sandbox.seller()
    assert sandbox.events.next().api_version == stripe.api_version
