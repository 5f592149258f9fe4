"""The mails of the shop, rendered from their examples."""

from pathlib import Path

import pytest
from django.conf import settings

from config.gallery.examples import EXAMPLES
from outbox.mail.rendering import RenderedMail, render_mail

FOLDER = Path(settings.BASE_DIR) / "templates" / "email"
KINDS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
LANGUAGES = [code for code, _ in settings.LANGUAGES]
CASES = [pytest.param(kind, case, id=f"{kind}-{case}") for kind, cases in sorted(EXAMPLES.items()) for case in cases]


def rendered(kind: str, case: str, language: str = settings.LANGUAGE_CODE) -> RenderedMail:
    return render_mail(to="mira@example.test", template=kind, context=EXAMPLES[kind][case], language=language)
