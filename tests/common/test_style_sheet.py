"""Pages load one style sheet; people edit four."""

import re

from common.css import bundle_style_sheets, style_sheet_directory


def test_the_served_style_sheet_is_the_four_parts_joined() -> None:
    """When this fails: `manage.py bundle_css`, and commit static/css/site.css."""
    directory = style_sheet_directory()

    assert (directory / "site.css").read_text(encoding="utf-8") == bundle_style_sheets(directory)


def test_colours_are_written_in_tokens_alone() -> None:
    rest = "".join((style_sheet_directory() / f"{part}.css").read_text(encoding="utf-8") for part in ("layout", "components"))

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|light-dark\(", rest) == []
