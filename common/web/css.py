"""The one style sheet that pages load, made from the four that people edit."""

from pathlib import Path

from django.conf import settings

PARTS = ("tokens", "base", "layout", "components")


def style_sheet_directory() -> Path:
    """Where the four parts and the bundle lie."""
    return Path(settings.BASE_DIR) / "static" / "css"


def bundle_style_sheets(directory: Path) -> str:
    """Join the parts in cascade order; the result is the whole text of `site.css`."""
    return "\n".join((directory / f"{part}.css").read_text(encoding="utf-8").strip() for part in PARTS) + "\n"
