"""The hosted Checkout page: pay, be declined, pay by bank debit, or go back."""

import re
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from tools.sandbox import signup
from tools.sandbox.accounts import EMAIL
from tools.sandbox.act import Act
from tools.sandbox.cards import DECLINED, NUMBER, SECOND_STEP
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.pages import allow
from tools.sandbox.session_taxes import locate
from tools.sandbox.sessions import LATER
from tools.sandbox.taxes import NOBODY, RATES
from tools.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """The page of one session, and what its buttons do."""
    made = Blueprint("checkout", __name__)

    @made.get("/c/pay/<key>")
    def show(key: str) -> tuple[str, int]:
        return _page(world, _session(world, key), {})

    @made.post("/c/pay/<key>")
    def press(key: str) -> Response | tuple[str, int]:
        with world.store.transaction():
            session = _session(world, key)
            if session["status"] != "open":
                return redirect(_next(session), 303)
            if faults := _faults(session):
                return _page(world, session, faults)
            act = world.act(world.store.owner_of(key))
            if fault := _locate(act, session):
                return _page(world, session, fault)
            if request.form.get("act") == "pay" and _last4() == SECOND_STEP:
                return _second_step(session)
            _act(act, session)
        return redirect(_next(session), 303)

    return made


def _session(world: World, key: str) -> dict[str, Any]:
    return world.store.get("checkout.session", key) or abort(404)


def _next(session: dict[str, Any]) -> str:
    """Where the buyer goes now: on to the shop once complete, else back to this page."""
    if session["status"] == "complete":
        return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
    return f"/c/pay/{session['id']}"


def _page(world: World, session: dict[str, Any], faults: dict[str, str]) -> tuple[str, int]:
    allow(forms=session["success_url"])
    lines = session["_line_items"]
    picture = next((image for line in lines for image in line["_images"]), None)
    allow(images=picture)
    values = {"session": session, "lines": lines, "picture": picture, "faults": faults, "given": request.form}
    values |= {"seller": _seller(world, session), "declined": _declined(world, session), "next": _next(session)}
    values["countries"] = sorted({*RATES, "US"}) if session["automatic_tax"]["enabled"] else []
    values["later"] = LATER in session["payment_method_types"]
    template = "checkout.html" if session["status"] == "open" else "checkout_closed.html"
    return render_template(template, **values), 422 if faults else 200


def _second_step(session: dict[str, Any]) -> tuple[str, int]:
    allow(forms=session["success_url"])
    return render_template("second_step.html", session=session, email=_email(session)), 200


def _seller(world: World, session: dict[str, Any]) -> str | None:
    split = session["_subscription"] if session["mode"] == "subscription" else session["_intent"]
    destination = split.get("transfer_data", {}).get("destination") or world.store.owner_of(session["id"])
    account = world.store.get("account", destination)
    return str(account["business_profile"]["name"] or account["email"] or account["id"]) if account else None


def _declined(world: World, session: dict[str, Any]) -> str | None:
    if "_declined" in session:
        return str(session["_declined"])
    intent = world.store.get("payment_intent", session["payment_intent"] or "")
    return str(intent["last_payment_error"]["message"]) if intent and intent["last_payment_error"] else None


def _email(session: dict[str, Any]) -> str:
    return str(session.get("_email") or session["customer_email"] or request.form.get("email", "").strip())


def _last4() -> str:
    return re.sub(r"[\s-]", "", request.form.get("card", ""))[-4:]


def _faults(session: dict[str, Any]) -> dict[str, str]:
    """Field → what to do about it."""
    faults = {}
    if not EMAIL.match(_email(session)):
        faults["email"] = "Enter the e-mail address that gets the receipt."
    if request.form.get("act") == "pay" and not NUMBER.match(re.sub(r"[\s-]", "", request.form.get("card", ""))):
        faults["card"] = "Enter a test card: 4242 4242 4242 4242 pays."
    return faults


def _locate(act: Act, session: dict[str, Any]) -> dict[str, str]:
    """Take where the buyer is; where that changes the amount they are shown it before they pay."""
    try:
        changed = locate(act, session, {name: request.form[name].strip() for name in NOBODY if name in request.form})
    except InvalidRequest as error:
        return {"tax_id": f"Enter a VAT id as DE123456789, or none. {error.message}"}
    return {"country": "The tax has changed what is due. Look at the amount, and press again."} if changed else {}


def _act(act: Act, session: dict[str, Any]) -> None:
    pressed, email = request.form.get("act"), _email(session)
    if pressed == "pay" and (reason := DECLINED.get(_last4())):
        signup.decline(act, session, email, reason, _last4())
    elif pressed == "pay":
        signup.pay(act, session, email, _last4())
    elif pressed == "confirm":
        signup.pay(act, session, email, SECOND_STEP)
    elif pressed == "decline":
        signup.decline(act, session, email)
    elif pressed in {"later", "later-fails"} and LATER in session["payment_method_types"]:
        signup.pay_later(act, session, email, succeeds=pressed == "later")
    else:
        abort(400)
