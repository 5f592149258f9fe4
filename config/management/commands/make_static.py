"""`manage.py make_static FOLDER`: what nginx serves by itself: static files, and the page for when no web process answers, by language."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string
from django.utils import translation


class Command(BaseCommand):
    """Collects the static files and renders the page. Needs neither database nor keys, so an image's build can do it."""

    help = "Collect static files, and make the page for an unreachable shop."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("error_pages", type=Path, help="The folder of the pages that the edge shows when nobody behind it answers.")

    def handle(self, *_args: Any, error_pages: Path, **_options: Any) -> None:
        call_command("collectstatic", "--noinput", verbosity=0)
        error_pages.mkdir(mode=0o755, exist_ok=True)
        for code, _ in settings.LANGUAGES:
            with translation.override(code):
                (error_pages / f"503.{code[:2]}.html").write_text(render_to_string("503.html"), encoding="utf-8")
