"""Catalogues are compiled where one has changed, and only there."""

import os
import sys
from pathlib import Path

import pytest

from tools.stack.problems import Problem
from tools.stack.translations import compile_translations

GOOD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Free"\nmsgstr "Kostenlos"\n'


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD, encoding="utf-8")
    return path


def compile_in(folder: Path, python: str = sys.executable) -> None:
    compile_translations(folder, Path(python), folder / "log")


def test_a_catalogue_is_compiled_when_it_is_newer_than_what_was_compiled(tmp_path: Path, catalogue: Path) -> None:
    compile_in(tmp_path)
    compiled = catalogue.with_suffix(".mo")
    assert b"Kostenlos" in compiled.read_bytes()

    compile_in(tmp_path, "/does/not/exist")  # nothing to do, so nothing is started

    catalogue.write_text(GOOD.replace("Kostenlos", "Gratis"), encoding="utf-8")
    os.utime(compiled, (0, 0))
    compile_in(tmp_path)
    assert b"Gratis" in compiled.read_bytes()


def test_a_catalogue_that_cannot_be_read_is_a_problem(tmp_path: Path, catalogue: Path) -> None:
    catalogue.write_bytes('msgid "Grüße"\nmsgstr "Greetings"\n'.encode("latin-1"))

    with pytest.raises(Problem, match="cannot be compiled"):
        compile_in(tmp_path)


def test_a_checkout_without_catalogues_needs_nothing(tmp_path: Path) -> None:
    compile_in(tmp_path, "/does/not/exist")
