"""The mailbox: every mail that was sent, to read in a browser or by a test."""

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from sqlite3 import Row
from typing import Any

import nh3
from flask import Blueprint, Response, abort, jsonify, render_template, request
from markupsafe import Markup, escape

from tools.sandbox.pages import chosen_theme
from tools.sandbox.world import World

# What mail programs keep of a mail's look; its frame lets nothing load and nothing run.
LOOKS = {"*": {"class", "style", "lang", "dir"}, "table": {"width", "align", "border", "cellpadding", "cellspacing", "role"}}
TAGS = nh3.ALLOWED_TAGS | {"style"}
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
# the frame has no origin, no script and no network but pictures inside the mail
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)
DARK = "(prefers-color-scheme: dark)"
SCHEMES = {"light": "not all", "dark": "all", "system": DARK}  # what a mail asks for, where the reader has chosen: nobody, or everybody
SHOWN = 200


def blueprint(world: World) -> Blueprint:
    """List, one mail, its HTML in a frame of its own, and the same as JSON."""
    made = Blueprint("mailbox", __name__, url_prefix="/mailbox")

    @made.get("/")
    def listed() -> str:
        return render_template("mailbox.html", mails=_mails(world), to=request.args.get("to", ""))

    @made.get("/<int:key>")
    def show(key: int) -> str:
        mail = _mail(world, key)
        return render_template("mail.html", mail=mail, text=linked(mail["text"]))

    @made.get("/<int:key>/html")
    def html(key: int) -> Response:
        answer = Response(cleaned(_mail(world, key)["html"]).replace(DARK, SCHEMES[chosen_theme()]))
        answer.headers["Content-Security-Policy"] = FRAME_POLICY
        return answer

    @made.get("/api/messages")
    def messages() -> Response:
        return jsonify(messages=_mails(world))

    @made.delete("/api/messages")
    def empty() -> Response:
        with world.store.transaction():
            world.store.run("DELETE FROM mails")
        return jsonify(messages=[])

    return made


def _mails(world: World) -> list[dict[str, Any]]:
    """Newest first; `?to=` keeps those that one address got."""
    sql = "SELECT * FROM mails WHERE ? = '' OR EXISTS (SELECT 1 FROM json_each(recipients) WHERE value = ?)"
    to = request.args.get("to", "").strip().lower()
    return [_read(row) for row in world.store.rows(f"{sql} ORDER BY id DESC LIMIT {SHOWN}", to, to)]


def _mail(world: World, key: int) -> dict[str, Any]:
    rows = world.store.rows("SELECT * FROM mails WHERE id = ?", key)
    return _read(rows[0]) if rows else abort(404)


def _read(row: Row) -> dict[str, Any]:
    message = message_from_bytes(row["raw"], policy=policy.default)
    text = _body(message, "plain")
    mail = {"id": row["id"], "received": row["received"], "to": json.loads(row["recipients"])}
    mail |= {"from": str(message["From"] or row["sender"]), "subject": str(message["Subject"] or "(no subject)")}
    return mail | {"text": text, "html": _body(message, "html"), "links": LINK.findall(text)}


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        # the declared character set may be wrong; what cannot be decoded is replaced
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def linked(text: str) -> Markup:
    """The text, escaped, with its addresses clickable."""
    shown, at = Markup(), 0
    for match in LINK.finditer(text):
        shown += escape(text[at : match.start()])
        shown += Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(match.group())
        at = match.end()
    return shown + escape(text[at:])


def cleaned(html: str) -> str:
    """The mail's HTML with its styles, without title, scripts, forms and frames; links open a new tab."""
    attributes = {tag: nh3.ALLOWED_ATTRIBUTES.get(tag, set()) | LOOKS.get(tag, set()) for tag in {*nh3.ALLOWED_ATTRIBUTES, *LOOKS}}
    body = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "title"},
        attributes=attributes,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail</title><body>{body}</body></html>'
