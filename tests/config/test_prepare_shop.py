"""What a shop needs before its processes start."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from config.management.commands import prepare_shop

MIGRATE = ["migrate --noinput"]


@pytest.mark.parametrize(("said", "tables"), [("go on\n", MIGRATE), ("", [])], ids=["the database is there", "it never came"])
def test_tables_come_last_and_only_once_somebody_says_that_the_database_is_there(
    said: str, tables: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(prepare_shop, "call_command", lambda *words, **_: called.append(" ".join(words)))
    monkeypatch.setattr("sys.stdin", io.StringIO(said))

    call_command("prepare_shop", str(tmp_path / "errors"))

    assert called == ["signing_keys init", "signing_keys renew", f"make_static {tmp_path / 'errors'}", *tables]


def test_static_files_and_the_page_for_an_unreachable_shop_are_made_again_and_again(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path

    for _ in range(2):
        call_command("make_static", str(tmp_path / "errors"))

    said = {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "errors").iterdir()}
    assert said.keys() == {"503.en.html", "503.de.html"}
    assert all(f'<html lang="{name[4:6]}"' in page for name, page in said.items())
    assert [words in said["503.de.html"] for words in ("Gleich wieder da", "Back in a moment")] == [True, False]
    assert (tmp_path / "icon.svg").exists()
