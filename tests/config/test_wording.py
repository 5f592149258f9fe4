"""We address people in German as `Sie`; where the catalogue of a package says `du`, ours takes its place."""

import re
from ast import literal_eval
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import allauth
import rest_framework
from django.conf import settings

from config.wording import OF_ALLAUTH, OF_REST_FRAMEWORK

_COMPILED = "locale/de/LC_MESSAGES/django.mo"
_FAMILIAR = re.compile(r"\b(du|dein\w*|dir|dich|gib|wähle|versuche|habe|folge|klick|stelle|lade)\b", re.IGNORECASE)
# Pages of allauth for ways of signing up and kinds of address that we do not offer.
_NOT_SHOWN = re.compile(r"account/(email|phone_change|signup_by_passkey|snippets/\w+)\.html")


def test_every_familiar_message_of_allauths_pages_is_ours_to_translate() -> None:
    assert {message for message, files in _familiar() if any(map(_is_shown, files))} == set(OF_ALLAUTH)


def test_every_familiar_message_of_the_rest_framework_is_ours_to_translate() -> None:
    with (Path(rest_framework.__file__).parent / _COMPILED).open("rb") as file:  # it comes without its source
        catalogue: dict[str, str] = vars(GNUTranslations(file))["_catalog"]
    assert {message for message, german in catalogue.items() if _FAMILIAR.search(german)} == set(OF_REST_FRAMEWORK)


def _familiar() -> Iterator[tuple[str, list[str]]]:
    """Yield allauth's messages whose German is familiar, each with the files that say it."""
    for entry in (Path(allauth.__file__).parent / _COMPILED).with_suffix(".po").read_text().split("\n\n"):
        if not re.search("^#~ ", entry, re.MULTILINE) and _FAMILIAR.search(_text(entry, "msgstr")):
            yield _text(entry, "msgid"), re.findall(r"[\w/.]+(?=:\d+)", entry)


def _is_shown(source: str) -> bool:
    """Whether a page may show what the file says: a form's or adapter's, or a template without one of ours in its place."""
    template = source.removeprefix("templates/")
    ours = settings.BASE_DIR / "templates" / template
    of_pages = re.match(r"(account|mfa)/(?!email/|admin)", template) and not _NOT_SHOWN.fullmatch(template)
    return bool(of_pages) and not (template != source and ours.exists())


def _text(entry: str, field: str) -> str:
    found = re.search(rf'^{field}(?:\[0\])? ((?:".*"\n?)+)', entry, re.MULTILINE)
    return "".join(map(literal_eval, found[1].splitlines())) if found else ""
