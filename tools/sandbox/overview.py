"""/sandbox/: what happened, for people, with the commands as buttons."""

from flask import Blueprint, render_template

from tools.sandbox.replay import holding
from tools.sandbox.world import World

SHOWN = 30


def blueprint(world: World) -> Blueprint:
    """One page."""
    made = Blueprint("overview", __name__)

    @made.get("/sandbox/")
    def overview() -> str:
        kinds = {"sessions": "checkout.session", "charges": "charge", "disputes": "dispute", "accounts": "account"}
        values = {name: world.store.newest(kind, SHOWN) for name, kind in kinds.items()}
        return render_template(
            "overview.html",
            **values,
            deliveries=world.webhooks.deliveries(SHOWN),
            faults=world.faults.listed(),
            holding=holding(world),
            webhook_url=world.config.webhook_url,
        )

    return made
