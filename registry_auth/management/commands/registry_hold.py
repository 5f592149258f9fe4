"""`manage.py registry_hold …`: keep the registry's content as it is while a backup or a garbage collection works on it."""

import json
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from common.errors import DomainError
from registry_auth.upkeep.holds import LONGEST, begin_hold, end_hold, quiet_after
from registry_auth.upkeep.models import RegistryHold
from registry_auth.upkeep.sold_content import pullable_manifests

_APPLIED = "SELECT app, name FROM django_migrations ORDER BY app, name"


class Command(BaseCommand):
    """Parse, begin or end the hold, print what follows from it."""

    help = "Hold back deletions, and during a garbage collection pushes, until the hold is ended."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, parser_class=ArgumentParser)
        begin = acts.add_parser("begin", help="Begin a hold, and print after how many seconds nobody pushes or deletes any more.")
        begin.add_argument("kind", choices=RegistryHold.Kind.values)
        begin.add_argument(
            "--minutes", type=int, default=LONGEST // timedelta(minutes=1), help="How long at most, once nobody pushes any more."
        )
        end = acts.add_parser("end", help="End the hold that lasts, and record what came of it.")
        for name in ("checked", "removed-blobs", "freed"):
            end.add_argument(f"--{name}", type=int, default=0)
        end.add_argument("--problem", default="")
        acts.add_parser(
            "snapshot",
            help="Hold for a backup and print a snapshot of the database with all that can be pulled, until a line comes.",
        )

    def handle(self, *_args: Any, act: str, **options: Any) -> None:
        try:
            if act == "begin":
                if options["minutes"] < 1:
                    raise CommandError("--minutes is at least 1.")
                lasting = quiet_after() + timedelta(minutes=options["minutes"])
                begin_hold(kind=RegistryHold.Kind(options["kind"]), lasting=lasting)
                self.stdout.write(f"{quiet_after().total_seconds():.0f}")
            elif act == "end":
                self._end(options)
            else:
                self._keep_snapshot()
        except DomainError as error:
            raise CommandError(error.message) from error

    def _end(self, options: dict[str, Any]) -> None:
        names = ("problem", "checked", "removed_blobs", "freed")
        hold = end_hold(**{name: options[name] for name in names})
        self.stdout.write(f"The {hold.get_kind_display()} has ended; pushes and deletions are as before.")

    def _keep_snapshot(self) -> None:
        """Print lines of JSON: first the snapshot and the migrations, then each manifest that can be pulled, then an empty object.

        Whoever reads them dumps the database at that snapshot and copies the registry. Their last line tells what came of it; none, for
        they died, is a problem.
        """
        begin_hold(kind=RegistryHold.Kind.BACKUP)
        outcome: dict[str, Any] = {"problem": "The backup was cut off."}
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT pg_export_snapshot()")
                (snapshot,) = cursor.fetchone()
                cursor.execute(_APPLIED)
                migrations = [".".join(row) for row in cursor.fetchall()]
                # The hold is over when somebody restores what was dumped while it lasted.
                self._print({"snapshot": snapshot, "migrations": migrations, "without": [RegistryHold._meta.db_table]})
                for manifest in pullable_manifests().iterator(chunk_size=2_000):
                    sold = manifest.image.first_sold_at is not None
                    self._print({"repository": manifest.image.repository, "digest": manifest.digest, "sold": sold})
                self._print({})
                outcome = json.loads(sys.stdin.readline() or "null") or outcome
        finally:
            end_hold(**outcome)

    def _print(self, line: dict[str, object]) -> None:
        self.stdout.write(json.dumps(line))
        if not line:
            self.stdout.flush()
