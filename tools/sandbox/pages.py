"""What all pages of the sandbox share: the TEST banner, light and dark, and a strict Content-Security-Policy."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from tools.sandbox.currencies import formatted
from tools.sandbox.world import World

THEMES = ("light", "dark", "system")
A_YEAR = 365 * 86400


def blueprint(_world: World) -> Blueprint:
    """The switch between light and dark, and the guard before every form."""
    made = Blueprint("pages", __name__)
    made.add_url_rule("/sandbox/theme", "theme", _set_theme)
    made.before_app_request(refuse_strangers)
    made.add_app_template_filter(lambda seconds: datetime.fromtimestamp(seconds, UTC), "utc")
    made.app_context_processor(lambda: {"theme": chosen_theme(), "money": formatted})
    return made


def chosen_theme() -> str:
    """Return the reader's choice, or "system"."""
    chosen = request.cookies.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def _set_theme() -> Answer:
    """Remember the choice and go back; only to a page of this sandbox."""
    back = request.args.get("back", "")
    answer = redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/sandbox/", 303)
    if (chosen := request.args.get("theme")) in THEMES:
        answer.set_cookie("theme", str(chosen), max_age=A_YEAR, httponly=True, samesite="Lax")
    return answer


def refuse_strangers() -> tuple[str, int] | None:
    """A form or script of another site may not act here; tools that send no Origin may."""
    origin = request.headers.get("Origin")
    if request.method in {"GET", "HEAD"} or origin is None or origin == request.host_url.rstrip("/"):
        return None
    return "This came from another site.\n", 403


def allow(*, forms: str | None = None, images: str | None = None) -> None:
    """Let this page's form lead on to an address, or show a picture from one: only its origin is allowed."""
    for name, url in (("forms", forms), ("images", images)):
        parts = urlsplit(url or "")
        if parts.scheme in {"http", "https"} and parts.netloc and not set(parts.netloc) & set(" ;,'\""):
            setattr(g, name, f" {parts.scheme}://{parts.netloc}")


def protect(answer: Response) -> Response:
    """Headers of every answer; a mail's own frame has brought a stricter policy already."""
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self' data:{g.get('images', '')}; frame-src 'self';"
        f" form-action 'self'{g.get('forms', '')}; base-uri 'none'; frame-ancestors 'none'"
    )
    answer.headers.setdefault("Content-Security-Policy", policy)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # not no-referrer: with it browsers send "Origin: null" with forms
    answer.headers["Referrer-Policy"] = "same-origin"
    if not request.path.startswith("/static/"):
        answer.headers["Cache-Control"] = "no-store"
    return answer


def not_found(_error: HTTPException) -> tuple[str, int]:
    """No such page, session or mail."""
    return render_template("missing.html"), 404
