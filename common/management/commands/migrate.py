"""`manage.py migrate`, so that it can run beside the version that serves: it gives way instead of making readers wait."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
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
        with garbage_is_collected_rarely(), upgrading(connections[options["database"]]):
            repeat_while_locked(lambda: super(Command, self).handle(*args, **options))


@contextmanager
def garbage_is_collected_rarely() -> Iterator[None]:
    """Let the block leave more behind before Python looks for what nobody needs any more.

    Each migration makes most models anew. Looking as often as usual takes a quarter of the time of a new database; this takes 70 MB more.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
