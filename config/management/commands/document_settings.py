"""`manage.py document_settings`: write the table of environment variables into docs/operations.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import env
from config.variables import as_table

MANUAL = Path(settings.BASE_DIR, "docs", "operations.md")
BEGIN = "<!-- Made by `manage.py document_settings` from config/env.py: -->\n\n"
END = "\n<!-- End of what was made. -->\n"


def documented(text: str) -> str:
    """Return the manual with the table as `config/env.py` has it today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "".join([before, BEGIN, as_table(env.declared().values()), END, after])


class Command(BaseCommand):
    """Changes nothing but that table."""

    help = "Write the table of environment variables into docs/operations.md, from config/env.py."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        MANUAL.write_text(documented(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
