"""Renders mails from their templates, in a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import translation

from outbox.mail.plain_text import text_of
from outbox.mail.styles import with_inline_styles

LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail as its reader gets it. `text` and `html` say the same."""

    subject: str
    text: str
    html: str


def render_mail(*, to: str, template: str, context: Mapping[str, object], language: str) -> RenderedMail:
    """Render a mail.

    Args:
        to: the address that it is sent to, which it says.
        template: folder under `templates/email` with `subject.txt` and `body.html`.
        context: their variables, besides `host`, `to` and `subject`.
        language: one of Django's codes; the words of the templates are in it, and whatever in the context is translated when it is shown.
    """
    with translation.override(language):
        variables = {"host": settings.LAYERSTORE_IMAGE_HOST, "to": to, **context}
        # without escapes: in a subject `&` stays `&`
        subject = Engine.get_default().get_template(f"email/{template}/subject.txt").render(Context(variables, autoescape=False))
        variables["subject"] = " ".join(subject.split())[:LONGEST_SUBJECT]
        html = render_to_string(f"email/{template}/body.html", variables)
    return RenderedMail(str(variables["subject"]), text_of(html), with_inline_styles(html))
