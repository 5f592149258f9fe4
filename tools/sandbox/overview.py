"""/sandbox/: what happened, for people, with the commands as buttons."""

from flask import Blueprint, render_template

from tools.sandbox.clock import read_clock
from tools.sandbox.replay import holding
from tools.sandbox.world import World

SHOWN = 30


def blueprint(world: World) -> Blueprint:
    """One page."""
    made = Blueprint("overview", __name__)

    @made.get("/sandbox/")
    def overview() -> str:
        kinds = {
            "sessions": "checkout.session",
            "charges": "charge",
            "disputes": "dispute",
            "accounts": "account",
            "payouts": "payout",
            "subscriptions": "subscription",
        }
        values = {name: world.store.newest(kind, SHOWN) for name, kind in kinds.items()}
        values["charges"] = [charge for charge in values["charges"] if "_transfer" not in charge]
        return render_template(
            "overview.html",
            **values,
            deliveries=world.webhooks.deliveries(SHOWN),
            faults=world.faults.listed(),
            clock=read_clock(world.config, world.store),
            holding=holding(world),
            webhook_url=world.config.webhook_url,
        )

    return made
