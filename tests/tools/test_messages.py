"""Renewing a catalogue keeps what is translated, takes in what is given, and drops what nothing asks for."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog

from tools import messages


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout with one module, one template and no catalogue."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "errors.py").write_text(
        'raise Gone(gettext("It’s {name}.").format(name=name))\nngettext("one", "{n} many", n)\n'
    )
    (tmp_path / "templates").mkdir()
    template = (
        '{% load i18n %}<a title="{% translate "It\'s on" %}">(\n  {% blocktranslate trimmed %}Paid\n {{ n }} %{% endblocktranslate %}'
    )
    (tmp_path / "templates" / "page.html").write_text(template)
    return tmp_path


def part(folder: Path, **translations: str) -> str:
    catalogue = Catalog(locale="de")
    for identifier, text in translations.items():
        catalogue.add(identifier, text)
    path = folder / f"{len(list(folder.iterdir()))}.po"
    path.write_bytes(messages.written(catalogue))
    return str(path)


def translations(folder: Path) -> dict[Any, Any]:
    found = messages.read(folder / "locale" / "de" / "LC_MESSAGES" / "django.po", "de")
    return {message.id: message.string for message in found if message.id}


def test_messages_come_from_python_and_from_templates(checkout: Path) -> None:
    found = {message.id for message in messages.extracted() if message.id}

    assert found == {"It’s {name}.", ("one", "{n} many"), "It's on", "Paid %(n)s %%"}


def test_a_new_language_begins_without_translations_and_says_so(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert messages.main("de") == 1
    assert capsys.readouterr().out == "locale/de/LC_MESSAGES/django.po: 4 messages, 4 without a translation.\n"
    assert messages.languages() == ["de"]


def test_translations_are_kept_and_taken_from_parts_and_nothing_else_stays(checkout: Path) -> None:
    messages.main("de", part(checkout, **{"It's on": "Es ist an", "Gone": "Weg"}))
    messages.main("de", part(checkout, **{"It’s {name}.": "Es ist {name}."}), part(checkout, **{"It’s {name}.": "Das ist {name}."}))

    assert {one: text for one, text in translations(checkout).items() if text and any(text)} == {
        "It's on": "Es ist an",
        "It’s {name}.": "Das ist {name}.",
    }


def test_renewing_what_is_renewed_changes_nothing(checkout: Path) -> None:
    messages.main("de", part(checkout, **{"It's on": "Es ist an"}))
    path = messages.catalogue_path("de")
    before = path.read_bytes()

    messages.main()

    assert path.read_bytes() == before
    assert b"POT-Creation-Date" not in before


def test_a_guess_is_no_translation(checkout: Path) -> None:
    catalogue = Catalog(locale="de")
    catalogue.add("It's on", "Es ist aus", flags=["fuzzy"])
    (checkout / "guess.po").write_bytes(messages.written(catalogue))

    messages.main("de", str(checkout / "guess.po"))

    assert not translations(checkout)["It's on"]
