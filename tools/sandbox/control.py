"""/sandbox/api/…: commands for tests and staff, clearly not Stripe's. JSON or form in, JSON or the overview out."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, redirect, request
from werkzeug.wrappers import Response

from tools.sandbox import disputes, payments, payouts, portal, refunds, renewals, signup
from tools.sandbox.accounts import come_back, leave, retrieve_account, set_standing
from tools.sandbox.act import Act
from tools.sandbox.balance import A_DAY
from tools.sandbox.clock import advance, read_clock
from tools.sandbox.errors import InvalidRequest, StripeError
from tools.sandbox.faults import MODES
from tools.sandbox.history import take_history
from tools.sandbox.replay import drop, hold, idle, release, resend
from tools.sandbox.session_taxes import locate
from tools.sandbox.shapes import public
from tools.sandbox.taxes import NOBODY
from tools.sandbox.world import World

FAULT = {"mode": "error", "path": "/v1/", "method": "", "status": 500, "seconds": 30.0, "remaining": 1}
REPLAY = {"copies": 1, "at_once": False}
RELEASE = REPLAY | {"order": "oldest", "events": [], "keep_holding": False}
DISPUTE = {"reason": "fraudulent", "inquiry": False}
CLOCK = {"seconds": 0, "days": 0}
FAILED = {"code": "account_closed"}
STANDING = {"submitted": True, "enabled": True, "pending": False, "transfers": True, "payouts": True, "refuses": ""}


def blueprint(world: World) -> Blueprint:
    """Every command; what it needs beyond its address it takes by name, and refuses unknown names."""
    made = Blueprint("control", __name__, url_prefix="/sandbox/api")
    commands: dict[str, Callable[..., Any]] = {
        "/faults": lambda: world.faults.add(**_fault(given(FAULT))).as_json(),
        "/webhooks/hold": lambda: hold(world),
        "/webhooks/version": lambda: _set_version(world, **given({"version": ""})),
        "/webhooks/drop": lambda: drop(world),
        "/webhooks/release": lambda: release(world, **given(RELEASE)),
        "/events/<key>/resend": lambda key: resend(world, [key], **given(REPLAY)),
        "/sessions/<key>/buyer": lambda key: _buyer(world, key, given(NOBODY)),
        "/sessions/<key>/<deed>": lambda key, deed: _session(world, key, deed, given({"country": "", "tax_id": ""})),
        "/charges/<key>/dispute": lambda key: _open_dispute(world, key, **given(DISPUTE)),
        "/disputes/<key>/status": lambda key: _set_status(world, key, given({"status": "needs_response"})["status"]),
        "/disputes/<key>/<verdict>": lambda key, verdict: _close_dispute(world, key, verdict),
        "/clock/advance": lambda: _advance(world, **given(CLOCK)),
        "/customers/<key>/card": lambda key: _change_card(world, key, **given({"last4": "4242"})),
        "/billing": lambda: _set_billing(world, **given({"after_retries": "cancel"})),
        "/refunds/<key>/fail": lambda key: _fail_refund(world, key, **given({"reason": "expired_or_canceled_card"})),
        "/payouts/<key>/fail": lambda key: _of_payout(world, key, **given(FAILED)),
        "/payouts/<key>/move-on": lambda key: _of_payout(world, key, None),
        "/bank": lambda: _bank(world, "", **given({"fails": ""})),
        "/accounts/<key>/bank": lambda key: _bank(world, key, **given({"fails": ""})),
        "/accounts/<key>/debit": lambda key: _debit(world, key),
        "/accounts/<key>/leave": lambda key: _of_account(world, leave, key),
        "/accounts/<key>/come-back": lambda key: _of_account(world, come_back, key),
        "/history": lambda: take_history(world, given({"sales": []})["sales"]),
        "/accounts/<key>": lambda key: _standing(world, key, **given(STANDING)),
    }
    for path, command in commands.items():
        made.add_url_rule(path, path, _answered(command), methods=["POST"])
    made.add_url_rule("/faults", "faults", lambda: jsonify(world.faults.listed()))
    made.add_url_rule("/faults", "clear", lambda: _clear(world), methods=["DELETE"])
    made.add_url_rule("/clock", "clock", lambda: jsonify(read_clock(world.config, world.store)))
    made.add_url_rule("/deliveries", "deliveries", lambda: jsonify(world.webhooks.deliveries()))
    made.add_url_rule("/webhooks/idle", "idle", lambda: jsonify(idle=idle(world)))
    return made


def _answered(command: Callable[..., Any]) -> Callable[..., Response]:
    def answer(**parts: str) -> Response:
        try:
            result = command(**parts)
        except StripeError as error:
            refused = jsonify(error.body())
            refused.status_code = error.status
            return refused
        if request.is_json or not request.accept_mimetypes.accept_html:
            return jsonify(public(result) if isinstance(result, dict) else result)
        return redirect("/sandbox/", 303)

    return answer


def given(defaults: dict[str, Any]) -> dict[str, Any]:
    """The named values of the request over the defaults, which also say their types.

    Raises:
        InvalidRequest: an unknown name or a value of another type.
    """
    sent = (request.get_json(silent=True) or {}) if request.is_json else request.form.to_dict()
    for name, value in sent.items():
        if name not in defaults:
            raise InvalidRequest(f"Unknown: {name}. Known: {', '.join(defaults)}", param=name)
        if request.is_json and not isinstance(value, _types(defaults[name])):
            raise InvalidRequest(f"Wrong type: {name}", param=name)
    return defaults | ({name: _typed(defaults[name], value) for name, value in sent.items()})


def _types(default: object) -> tuple[type, ...]:
    return (int, float) if isinstance(default, float) else (type(default),)


def _typed(default: Any, value: Any) -> Any:
    """A form's text, converted to its type; JSON has its types already."""
    if isinstance(default, bool) and isinstance(value, str):
        return value == "true"
    if isinstance(default, list):
        return value if isinstance(value, list) else value.split()
    try:
        return type(default)(value)
    except ValueError as error:
        raise InvalidRequest(f"Wrong type: {value}") from error


def _fault(values: dict[str, Any]) -> dict[str, Any]:
    if values["mode"] not in MODES or values["remaining"] < 1:
        raise InvalidRequest(f"mode is one of {', '.join(sorted(MODES))}; remaining is at least 1", param="mode")
    return values


def _clear(world: World) -> Response:
    world.faults.clear()
    return jsonify([])


def _standing(world: World, key: str, **standing: Any) -> dict[str, Any]:
    with world.store.transaction():
        return set_standing(world.act(), key, **standing)


def _set_version(world: World, version: str) -> dict[str, Any]:
    """The API version of events from now on; empty: the SDK's."""
    with world.store.transaction():
        world.store.set_switch("api_version", version)
    return {"version": version}


def _change_card(world: World, key: str, last4: str) -> dict[str, Any]:
    with world.store.transaction():
        customer = world.store.get("customer", key)
        if customer is None:
            raise InvalidRequest(f"No such customer: {key}", param="customer")
        return portal.change_card(world.act(world.store.owner_of(key)), customer, last4)


def _set_billing(world: World, after_retries: str) -> dict[str, Any]:
    """What becomes of a subscription whose last retry has failed: cancel, unpaid or past_due."""
    with world.store.transaction():
        return renewals.set_ending(world.act(), after_retries)


def _fail_refund(world: World, key: str, reason: str) -> dict[str, Any]:
    with world.store.transaction():
        if world.store.get("refund", key) is None:
            raise InvalidRequest(f"No such refund: {key}", param="refund")
        return refunds.fail_refund(world.act(world.store.owner_of(key)), key, reason)


def _advance(world: World, seconds: int, days: int) -> dict[str, Any]:
    return advance(world.config, world.store, seconds + days * A_DAY)


def _of_payout(world: World, key: str, code: str | None) -> dict[str, Any]:
    with world.store.transaction():
        act, payout = payouts.find_payout(world.act(), key)
        if code is not None:
            return payouts.fail_payout(act, payout, code)
        if payout["status"] not in payouts.MOVING:
            raise InvalidRequest(f"Payout {key} is {payout['status']}: it does not move on.", param="payout")
        return payouts.move_on(act, payout)


def _bank(world: World, key: str, fails: str) -> dict[str, Any]:
    with world.store.transaction():
        if key:
            retrieve_account(world.act(), {}, key)
        return payouts.set_bank(world.act(key), fails)


def _debit(world: World, key: str) -> dict[str, Any]:
    with world.store.transaction():
        retrieve_account(world.act(), {}, key)
        return {"taken": payouts.debit_bank(world.act(key))}


def _of_account(world: World, deed: Callable[[Act, str], dict[str, Any]], key: str) -> dict[str, Any]:
    with world.store.transaction():
        return deed(world.act(), key)


def _buyer(world: World, key: str, buyer: dict[str, Any]) -> dict[str, Any]:
    """Say who fills in the page of a session, and where they are."""
    with world.store.transaction():
        act = world.act(world.store.owner_of(key))
        session = act.find("checkout.session", key, "session")
        locate(act, session, buyer)
        return session


def _session(world: World, key: str, deed: str, buyer: dict[str, str]) -> dict[str, Any]:
    with world.store.transaction():
        session = world.act().store.get("checkout.session", key)
        deeds = {"open": {"pay", "pay-nothing", "decline", "pay-later", "expire"}, "complete": {"settle", "fail"}}
        if session is None or deed not in deeds.get(session["status"], set()):
            raise InvalidRequest(f"{deed} is nothing that can be done to this session now.")
        act, email = world.act(world.store.owner_of(key)), session.get("_email") or session["customer_email"] or "buyer@example.com"
        if session["status"] == "open":
            locate(act, session, {name: value for name, value in buyer.items() if value})
        done: dict[str, Callable[[], object]] = {
            "pay": lambda: signup.pay(act, session, email),
            "pay-nothing": lambda: signup.pay_nothing(act, session, email),
            "decline": lambda: signup.decline(act, session, email),
            "pay-later": lambda: signup.pay_later(act, session, email, succeeds=True),
            "expire": lambda: signup.close(act, session),
            "settle": lambda: payments.settle(act, session, succeeds=True),
            "fail": lambda: payments.settle(act, session, succeeds=False),
        }
        done[deed]()
        return session


def _open_dispute(world: World, key: str, reason: str, *, inquiry: bool) -> dict[str, Any]:
    with world.store.transaction():
        intent = world.store.get("payment_intent", key)
        charge = intent["latest_charge"] if intent else key
        if not charge or world.store.get("charge", charge) is None:
            raise InvalidRequest(f"No such charge: {key}", param="charge")
        return disputes.open_dispute(world.act(world.store.owner_of(charge)), charge, reason, inquiry=inquiry)


def _set_status(world: World, key: str, status: str) -> dict[str, Any]:
    with world.store.transaction():
        if world.store.get("dispute", key) is None:
            raise InvalidRequest(f"No such dispute: {key}", param="dispute")
        return disputes.set_status(world.act(world.store.owner_of(key)), key, status)


def _close_dispute(world: World, key: str, verdict: str) -> dict[str, Any]:
    with world.store.transaction():
        if verdict not in {"win", "lose", "appeal"} or world.store.get("dispute", key) is None:
            raise InvalidRequest("win or lose an open dispute, or appeal against how one was decided.")
        if verdict == "appeal":
            return disputes.appeal_dispute(world.act(world.store.owner_of(key)), key)
        return disputes.close_dispute(world.act(world.store.owner_of(key)), key, won=verdict == "win")
