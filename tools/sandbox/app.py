"""The web application: Stripe's API, its hosted pages, the control endpoints and the mailbox."""

from pathlib import Path

from flask import Flask, Response, redirect
from werkzeug.wrappers import Response as Answer

from tools.sandbox import checkout_pages, connect_pages, control, mailbox, overview, pages, portal
from tools.sandbox.api import Api
from tools.sandbox.world import World

SHOP_STYLES = Path(__file__).resolve().parents[2] / "static" / "css"


def create_app(world: World) -> Flask:
    """All addresses of the sandbox over one world."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 6_000_000  # a file of evidence, with what is around it in a form
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "autoescape": True}
    app.register_blueprint(Api(world.config, world.store, world.keys, world.faults).blueprint())
    for part in (checkout_pages, connect_pages, control, mailbox, overview, pages, portal):
        app.register_blueprint(part.blueprint(world))
    app.add_url_rule("/static/style.css", "style", lambda: _style_sheet(app))
    app.add_url_rule("/", "root", lambda: redirect("/sandbox/"))
    app.add_url_rule("/healthz", "healthz", _healthy)
    app.after_request(pages.protect)
    app.register_error_handler(404, pages.not_found)
    return app


def _style_sheet(app: Flask) -> Answer:
    """Return the shop's own colours, sizes and elements, so that both look alike, then the parts that the sandbox's pages use."""
    sheets = (SHOP_STYLES / "tokens.css", SHOP_STYLES / "base.css", Path(app.root_path) / "static" / "sandbox.css")
    return Response("\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets), mimetype="text/css")


def _healthy() -> Answer:
    return Response("ok\n", mimetype="text/plain")
