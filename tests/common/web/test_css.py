"""Pages load one style sheet; people edit four."""

import re
from pathlib import Path

from django.core.management import call_command
from pytest_django import Settings

from common.web.css import PARTS, bundle_style_sheets, style_sheet_directory


def test_the_served_style_sheet_is_the_four_parts_joined() -> None:
    """When this fails: `manage.py bundle_css`, and commit static/css/site.css."""
    directory = style_sheet_directory()

    assert (directory / "site.css").read_text(encoding="utf-8") == bundle_style_sheets(directory)


def test_the_command_writes_the_bundle(settings: Settings, tmp_path: Path) -> None:
    parts = tmp_path / "static" / "css"
    parts.mkdir(parents=True)
    for part in PARTS:
        (parts / f"{part}.css").write_text(f"/* {part} */\n\n", encoding="utf-8")
    settings.BASE_DIR = tmp_path

    call_command("bundle_css")

    assert (parts / "site.css").read_text(encoding="utf-8") == "/* tokens */\n/* base */\n/* layout */\n/* components */\n"


def test_colours_are_written_in_tokens_alone() -> None:
    rest = "".join((style_sheet_directory() / f"{part}.css").read_text(encoding="utf-8") for part in ("layout", "components"))

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|light-dark\(", rest) == []
