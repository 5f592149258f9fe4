"""`manage.py migrate`, so that it can run beside the version that serves: it gives way instead of making readers wait."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from common.db.upgrades import repeat_while_locked, upgrading


class Command(Migrate):
    """Django's command under a lock timeout. A migration that meets a lock is rolled back and repeated; two processes take turns."""

    def handle(self, *args: Any, **options: Any) -> None:
        with upgrading(connections[options["database"]]):
            repeat_while_locked(lambda: super(Command, self).handle(*args, **options))
