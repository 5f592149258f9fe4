"""The hosted Checkout page: pay, be declined, pay by bank debit, or go back."""

import re
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from tools.sandbox import payments, tax
from tools.sandbox.accounts import EMAIL
from tools.sandbox.act import Act
from tools.sandbox.pages import allow
from tools.sandbox.sessions import LATER
from tools.sandbox.world import World

SECOND_STEP = "3155"
DECLINED = {"0002": "generic_decline", "9995": "insufficient_funds", "0069": "expired_card"}
CARD = re.compile(r"[0-9]{12,19}\Z")


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
            if "country" in request.form:
                session["_buyer"] = {name: request.form.get(name, "").strip() for name in tax.NOBODY}
                world.store.save(session)
            if request.form.get("act") == "pay" and _last4() == SECOND_STEP:
                return _second_step(session)
            _act(world.act(world.store.owner_of(key)), session)
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
    values["taxed"], values["countries"] = tax.wanted(session), sorted(tax.RATES)
    values["later"] = LATER in session["payment_method_types"]
    template = "checkout.html" if session["status"] == "open" else "checkout_closed.html"
    return render_template(template, **values), 422 if faults else 200


def _second_step(session: dict[str, Any]) -> tuple[str, int]:
    allow(forms=session["success_url"])
    return render_template("second_step.html", session=session, email=_email(session)), 200


def _seller(world: World, session: dict[str, Any]) -> str | None:
    destination = session["_intent"].get("transfer_data", {}).get("destination") or world.store.owner_of(session["id"])
    account = world.store.get("account", destination)
    return str(account["business_profile"]["name"] or account["email"] or account["id"]) if account else None


def _declined(world: World, session: dict[str, Any]) -> str | None:
    intent = world.store.get("payment_intent", session["payment_intent"] or "")
    return str(intent["last_payment_error"]["message"]) if intent and intent["last_payment_error"] else None


def _email(session: dict[str, Any]) -> str:
    return str(session["customer_email"] or request.form.get("email", "").strip())


def _last4() -> str:
    return re.sub(r"[\s-]", "", request.form.get("card", ""))[-4:]


def _faults(session: dict[str, Any]) -> dict[str, str]:
    """Field → what to do about it."""
    faults = {}
    if not EMAIL.match(_email(session)):
        faults["email"] = "Enter the e-mail address that gets the receipt."
    if request.form.get("act") == "pay" and not CARD.match(re.sub(r"[\s-]", "", request.form.get("card", ""))):
        faults["card"] = "Enter a test card: 4242 4242 4242 4242 pays."
    if fault := tax.fault_of(request.form.get("tax_id", "").strip()):
        faults["tax_id"] = fault
    return faults


def _act(act: Act, session: dict[str, Any]) -> None:
    pressed, email = request.form.get("act"), _email(session)
    if pressed == "pay" and (reason := DECLINED.get(_last4())):
        payments.decline(act, session, email, reason, _last4())
    elif pressed == "pay":
        payments.pay(act, session, email, _last4())
    elif pressed == "confirm":
        payments.pay(act, session, email, SECOND_STEP)
    elif pressed == "decline":
        payments.decline(act, session, email)
    elif pressed in {"later", "later-fails"} and LATER in session["payment_method_types"]:
        payments.pay_later(act, session, email, succeeds=pressed == "later")
    else:
        abort(400)
