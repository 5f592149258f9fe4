"""`manage.py migrate`, so that it can run beside the version that serves: it gives way instead of making readers wait."""

from typing import Any

from django.core.management import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from common.db.pooling import sessions_are_shared
from common.db.upgrades import repeat_while_locked, upgrading


class Command(Migrate):
    """Django's command under a lock timeout. A migration that meets a lock is rolled back and repeated; two processes take turns."""

    def handle(self, *args: Any, **options: Any) -> None:
        if sessions_are_shared():
            raise CommandError(
                "Migrations need sessions of their own. Name PostgreSQL itself instead of the pooler in LAYERSTORE_DATABASE_URL, "
                "and leave LAYERSTORE_DATABASE_POOLING unset, for this command alone."
            )
        with upgrading(connections[options["database"]]):
            repeat_while_locked(lambda: super(Command, self).handle(*args, **options))
