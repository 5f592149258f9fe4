"""We address people in German as `Sie`; where allauth's own catalogue says `du`, ours takes its place."""

import re
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path

import allauth
from django.conf import settings

from accounts.sign_in.wording import TRANSLATED_BY_US

_PACKAGE = Path(allauth.__file__).parent
# Pages for ways of signing up and kinds of address that we do not offer.
_NOT_SHOWN = re.compile(r"account/(email|phone_change|signup_by_passkey|snippets/\w+)\.html")
_FAMILIAR = re.compile(r"\b(du|dein\w*|dir|dich|gib|wähle|versuche|habe|folge|klick)\b", re.IGNORECASE)


def test_every_familiar_message_of_allauths_pages_is_ours_to_translate() -> None:
    assert set(_familiar()) == set(TRANSLATED_BY_US)


def _familiar() -> Iterator[str]:
    for entry in (_PACKAGE / "locale/de/LC_MESSAGES/django.po").read_text().split("\n\n"):
        if "\n#~ " not in entry and any(map(_is_shown, re.findall(r"[\w/.]+(?=:\d+)", entry))) and _FAMILIAR.search(_text(entry, "msgstr")):
            yield _text(entry, "msgid")


def _is_shown(source: str) -> bool:
    """Whether a page may show what the file says: a form's or adapter's, or a template without one of ours in its place."""
    template = source.removeprefix("templates/")
    if _NOT_SHOWN.fullmatch(template):
        return False
    ours = settings.BASE_DIR / "templates" / template
    return re.match(r"(account|mfa)/(?!email/|admin)", template) is not None and not (template != source and ours.exists())


def _text(entry: str, field: str) -> str:
    found = re.search(rf'^{field}(?:\[0\])? ((?:".*"\n?)+)', entry, re.MULTILINE)
    return "".join(map(literal_eval, found[1].splitlines())) if found else ""
