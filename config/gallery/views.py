"""The gallery of mails: each as its readers see it, light and dark, in every language, with its text. Production does not have it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config.gallery.examples import EXAMPLES
from outbox.mail.rendering import RenderedMail, render_mail

TO: Final = "mira@example.test"
DARK: Final = "(prefers-color-scheme: dark)"
SCHEMES: Final = {"light": "not all", "dark": "all"}  # media queries that hold for nobody, and for everybody
# Mails hold no script and load nothing; a frame without an origin makes sure of it.
FRAME_POLICY: Final = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "sandbox": True}


@dataclass(frozen=True, slots=True)
class Shown:
    """One example of a mail on the page."""

    kind: str
    case: str
    mail: RenderedMail
    frames: list[tuple[str, str]]

    @property
    def anchor(self) -> str:
        """What a link to it names: words and hyphens."""
        return "-".join(f"{self.kind} {self.case}".replace("'", "").replace(",", "").split())


@require_safe
@csp_update({"frame-src": [SELF]})
def gallery(request: HttpRequest) -> HttpResponse:
    """Every mail, or those of one kind: `?kind=receipt`. `?in=de` chooses the language."""
    _require_development()
    language, kind = _language(request), request.GET.get("kind", "")
    shown = list(_shown(language, kind))
    return render(request, "gallery/mails.html", {"shown": shown, "kinds": sorted(EXAMPLES), "kind": kind, "mail_language": language})


@require_safe
@xframe_options_sameorigin
@csp(FRAME_POLICY)
def frame(request: HttpRequest) -> HttpResponse:
    """The HTML of one mail, as a mail program with the scheme shows it."""
    _require_development()
    mail = _rendered(request.GET.get("kind", ""), request.GET.get("case", ""), _language(request))
    return HttpResponse(mail.html.replace(DARK, SCHEMES.get(request.GET.get("scheme", ""), DARK)))


def _require_development() -> None:
    if settings.LAYERSTORE_PRODUCTION:
        raise Http404


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("in", "")
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _shown(language: str, only: str) -> Iterator[Shown]:
    for kind, cases in sorted(EXAMPLES.items()):
        for case in cases if only in {"", kind} else ():
            query: dict[str, Any] = {"kind": kind, "case": case, "in": language}
            frames = [(scheme, f"{reverse('gallery:frame')}?{urlencode(query | {'scheme': scheme})}") for scheme in SCHEMES]
            yield Shown(kind, case, _rendered(kind, case, language), frames)


def _rendered(kind: str, case: str, language: str) -> RenderedMail:
    try:
        context = EXAMPLES[kind][case]
    except KeyError as error:
        raise Http404 from error
    return render_mail(to=TO, template=kind, context=context, language=language)
