"""The hosted onboarding page of Connect: one click in the sandbox, many forms at Stripe."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from tools.sandbox.accounts import set_standing
from tools.sandbox.pages import allow
from tools.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """The link that is good once, and the page behind it, which may be reloaded."""
    made = Blueprint("connect", __name__)

    @made.get("/setup/e/<account>/<token>")
    def follow(account: str, token: str) -> Response:
        """Use the link up; used, expired and foreign links lead to the refresh address."""
        with world.store.transaction():
            link = _link(world, token)
            if link["account"] != account or link["state"] != "new" or link["expires_at"] < world.config.now():
                return redirect(link["refresh_url"], 303)
            world.store.save(link | {"state": "opened"})
        return redirect(f"/setup/s/{token}", 303)

    @made.get("/setup/s/<token>")
    def show(token: str) -> str:
        link = _link(world, token)
        allow(forms=link["return_url"])
        account = world.store.get("account", link["account"])
        return render_template("connect.html", link=link, account=account)

    @made.post("/setup/s/<token>")
    def press(token: str) -> Response:
        """Complete, hand in for review, or leave unfinished; then back to the shop."""
        link, pressed = _link(world, token), request.form.get("act")
        if pressed not in {"complete", "review", "leave"}:
            abort(400)
        if pressed != "leave" and link["state"] == "opened":
            with world.store.transaction():
                enabled = pressed == "complete"
                set_standing(world.act(), link["account"], submitted=True, enabled=enabled, pending=not enabled)
                world.store.save(link | {"state": "done"})
        return redirect(link["return_url"], 303)

    return made


def _link(world: World, token: str) -> dict[str, Any]:
    return world.store.get("onboarding", token) or abort(404)
