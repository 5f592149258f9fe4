"""python -m tools.stack.prepare: what a shop needs before its processes start, in one process because loading Django is the slow part."""

import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.template.loader import render_to_string


def main(error_pages: Path) -> None:
    """Bring tables, signing keys, static files and the page for an unreachable shop up to date. Doing it again changes nothing.

    The tables come last, once standard input says that the database takes connections: the rest is done while that is being started.
    """
    django.setup()
    call_command("signing_keys", "init")
    call_command("signing_keys", "renew")
    call_command("collectstatic", "--noinput", verbosity=0)
    error_pages.mkdir(mode=0o700, exist_ok=True)
    (error_pages / "503.html").write_text(render_to_string("503.html"))
    if sys.stdin.readline():
        call_command("migrate", "--noinput")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
