"""script/restore: bring an instance back from a backup. Nothing is touched before every file was compared with its checksum."""

import os
import shutil
import tarfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tools.stack.backups.archive import Description, copy_whole, verify
from tools.stack.backups.database import load, started_alone
from tools.stack.backups.taking import SANDBOX, SECRETS
from tools.stack.instance import ROOT, Instance, make_private
from tools.stack.leftovers import Lock, end_leftover_processes
from tools.stack.machine import require_space, require_writable
from tools.stack.postgres import find_postgres
from tools.stack.problems import Problem
from tools.stack.view import View

Announce = Callable[[str], None]
# What makes a folder a shop's, beside its database. Redis is no part of a backup: what is left of another shop's must not be met.
PARTS = (*SECRETS, "registry", "media", "sandbox", "redis")
DATABASE_GROWS = 8  # a compressed dump becomes tables and indexes


def main(view: View, arguments: list[str]) -> int:
    """Restore; return the exit status."""
    parser = ArgumentParser(prog="script/restore", description="Bring a shop back from a backup.")
    parser.add_argument("backup", type=Path, help="a folder that script/backup made, as backups/20261129T014542Z")
    parser.add_argument("--replace", action="store_true", help="put a shop that is there aside")
    options = parser.parse_args(arguments)
    instance = Instance.from_environment(os.environ)
    restore_backup(instance, options.backup.resolve(), replace=options.replace, announce=view.say)
    view.say("Restored. Start it: script/server, or script/demo")
    return 0


def restore_backup(instance: Instance, backup: Path, *, replace: bool = False, announce: Announce = lambda _: None) -> None:
    """Make the instance the shop that was backed up. It is prepared beside what is there, and put in place at the end.

    Args:
        replace: put a shop that is there aside; its parts stay, under names that are announced.

    Raises:
        Problem: the backup is damaged, not whole, no backup, or made by a newer version; the instance runs; it has a shop. In all these
            cases nothing was changed.
    """
    announce("comparing the backup with its checksums")
    description = verify(backup)
    require_known(description)
    lock = Lock(instance)
    require_writable([instance.var])
    make_private(instance.var)
    (instance.var / "run").mkdir(mode=0o700, exist_ok=True)
    lock.take()
    try:
        end_leftover_processes(instance)
        if holds_shop(instance) and not replace and not instance.unfinished_restore.exists():
            do = "set LAYERSTORE_VAR to an empty folder, or add --replace to put that shop aside."
            raise Problem(f"{instance.var} has a shop; nothing was changed.", do=do)
        require_space(instance.var, needed=needed_space(description), purpose="the restored shop")
        _Restore(instance, backup, description).run(announce)
    finally:
        lock.release()


def require_known(description: Description) -> None:
    """Check that this version knows all migrations of the backup's database; one that lacks some is brought up to date when it starts.

    Raises:
        Problem: a newer version made it.
    """
    for migration in description.migrations:
        app, _, name = migration.partition(".")
        folder = ROOT / app / "migrations"
        if folder.is_dir() and not (folder / f"{name}.py").exists():
            raise Problem(f"A newer version made the backup: its database has {migration}.", do="install that version, then restore.")


def holds_shop(instance: Instance) -> bool:
    """Tell whether the instance has data of a shop."""
    folders = [instance.var / part for part in PARTS]
    files = any(part.is_file() or any(part.rglob("*")) for part in folders if part.exists())
    return files or find_postgres(instance).data.exists()


def needed_space(description: Description) -> int:
    """Return about how many bytes the restored shop takes."""
    database = description.files["database.dump"].size
    return description.size + (DATABASE_GROWS - 1) * database + 100 * 10**6


def unpack(file: Path, folder: Path) -> None:
    """Unpack an archive of plain files and folders, with their modes.

    Raises:
        Problem: it holds something else, or a path that leads outside.
    """
    with tarfile.open(file) as archive:
        for member in archive:
            path = Path(member.name)
            if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
                raise Problem(f"{file} holds {member.name}, which no backup has.", do="take another one.")
            archive.extract(member, folder, set_attrs=True, numeric_owner=True)


class _Restore:
    """One restore, after everything was checked."""

    def __init__(self, instance: Instance, backup: Path, description: Description) -> None:
        self.instance = instance
        self.backup = backup
        self.description = description
        self.fresh = instance.var / "restoring"
        self.stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"

    def run(self, announce: Announce) -> None:
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir(mode=0o711)
        self.database = find_postgres(self.instance, data=self.fresh / "postgres")
        shutil.rmtree(self.database.data, ignore_errors=True)
        try:
            announce("layers, pictures, keys, secrets")
            self._copy_files()
            announce("database")
            self.instance.make_folders()
            with started_alone(self.instance, self.database):
                load(self.database, self.backup / "database.dump")
            self._put_in_place(announce)
        finally:
            self._clear()
            shutil.rmtree(self.instance.sockets, ignore_errors=True)

    def _clear(self) -> None:
        for folder in (self.fresh, self.database.data):
            shutil.rmtree(folder, ignore_errors=True)

    def _copy_files(self) -> None:
        for path in self.description.files:
            if path.startswith(("registry/", "media/")):
                copy_whole(self.backup / path, self.fresh / path)
        for name, folder in (("links.tar.gz", self.fresh / "registry"), ("secrets.tar", self.fresh)):
            folder.mkdir(mode=0o700, exist_ok=True)
            unpack(self.backup / name, folder)
        if "sandbox.sqlite3" in self.description.files:
            copy_whole(self.backup / "sandbox.sqlite3", self.fresh / SANDBOX)

    def _put_in_place(self, announce: Announce) -> None:
        """Swap the parts. While this goes on a file says so: cut off here, the restore is to be run again, and nothing starts."""
        self.instance.unfinished_restore.touch(mode=0o600)
        places = [(self.fresh / part, self.instance.var / part) for part in PARTS]
        for new, place in [(self.database.data, find_postgres(self.instance).data), *places]:
            if place.exists():
                self._put_aside(place, announce)
            if new.exists():
                place.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
                new.rename(place)
        self.instance.unfinished_restore.unlink()

    def _put_aside(self, place: Path, announce: Announce) -> None:
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
            return
        aside = place.with_name(f"{place.name}.before-{self.stamp}")
        place.rename(aside)
        announce(f"what was there is now {aside}")
