"""Write `static/css/site.css`, the one style sheet that pages load."""

from typing import Any

from django.core.management.base import BaseCommand

from common.web.css import bundle_style_sheets, style_sheet_directory


class Command(BaseCommand):
    """Joins the four parts; the bundle is committed and a test holds it to them, so no deployment needs this step."""

    help = "Join static/css/{tokens,base,layout,components}.css into static/css/site.css"

    def handle(self, **_options: Any) -> None:
        """Write the bundle."""
        directory = style_sheet_directory()
        (directory / "site.css").write_text(bundle_style_sheets(directory), encoding="utf-8")
