"""`manage.py prepare_shop FOLDER`: what a shop needs before its processes start, in one process because loading Django is the slow part."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Calls the commands of each step in turn. Doing it again changes nothing.

    The tables come last, once a line on standard input says that the database takes connections: the rest is done while that is being
    started. Without the line there is no migration.
    """

    help = "Make keys, static files and the page for an unreachable shop; then, once a line comes on standard input, the tables."
    requires_system_checks = ()  # they take as long as the rest, and each process makes them when it starts

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("error_pages", type=Path, help="The folder of the pages that the edge shows when nobody behind it answers.")

    def handle(self, *_args: Any, error_pages: Path, **_options: Any) -> None:
        call_command("signing_keys", "init")
        call_command("signing_keys", "renew")
        call_command("make_static", str(error_pages))
        if sys.stdin.readline():
            call_command("migrate", "--noinput")
