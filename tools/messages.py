"""Keep the catalogues in locale/ in step with the sentences in our code: see script/messages."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parent.parent
APPS: Final = ("accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth")
TEMPLATES: Final = ("*.html", "*.txt")
# Django's own list (`makemessages`), as Babel takes it.
KEYWORDS: Final = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
_WIDTH: Final = 120


def extracted() -> Catalog:
    """Return every message that our code and templates ask to be translated, without translations."""
    found = Catalog()
    for source in (*_from_python(), *_from_templates()):
        for _, message, _, context in extract("python", io.BytesIO(source), KEYWORDS):
            found.add(message, context=context)
    return found


def _from_python() -> Iterator[bytes]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            source = path.read_bytes()
            if b"gettext" in source:
                yield source


def _from_templates() -> Iterator[bytes]:
    """Yield templates as Django turns them into something like Python; what is in parentheses needs no indentation."""
    for pattern in TEMPLATES:
        for path in (ROOT / "templates").rglob(pattern):
            yield f"({templatize(path.read_text(encoding='utf-8'), origin=str(path))})".encode()


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of a language (`de`, `pt_BR`) is."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.parent.parent.name for path in (ROOT / "locale").glob("*/LC_MESSAGES/django.po"))


def read(path: Path, language: str) -> Catalog:
    """Read a catalogue, or part of one; nothing if there is no file."""
    return read_po(io.BytesIO(path.read_bytes() if path.exists() else b""), locale=language)


def renewed(language: str, messages: Catalog, *sources: Catalog) -> Catalog:
    """Return the messages with the translations that the sources have, the later ones before the earlier. Nothing is guessed."""
    made = Catalog(locale=language)
    for message in messages:
        if message.id:
            known = (source.get(message.id, message.context) for source in reversed(sources))
            made.add(message.id, next((one.string for one in known if one and is_translated(one)), None), context=message.context)
    return made


def is_translated(message: Message) -> bool:
    """Whether every form of the message has a translation, and none is a guess."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms) and not message.fuzzy


def written(catalogue: Catalog) -> bytes:
    """Return the file of a catalogue: sorted, without lines, dates and names, which would change with every change of the code."""
    file = io.BytesIO()
    file.write(b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n')
    file.write(f'"Language: {catalogue.locale_identifier}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'.encode())
    write_po(file, catalogue, width=_WIDTH, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    return file.getvalue().rstrip() + b"\n"


def main(language: str = "", *parts: str) -> int:
    """Renew the catalogue of a language, or of each that has one; return 1 if a message has no translation yet."""
    messages, untranslated = extracted(), 0
    for code in [language] if language else languages():
        path = catalogue_path(code)
        made = renewed(code, messages, read(path, code), *(read(Path(part), code) for part in parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(made))
        missing = [message for message in made if message.id and not is_translated(message)]
        untranslated += len(missing)
        print(f"{path.relative_to(ROOT)}: {len(made)} messages, {len(missing)} without a translation.")
    return 1 if untranslated else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
