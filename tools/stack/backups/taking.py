"""script/backup: copy an instance's database, layers, pictures, keys and secrets, of one point, while it runs or not."""

import errno
import fcntl
import os
import shutil
import sqlite3
import tarfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from tools.stack.backups import layers
from tools.stack.backups.archive import Description, Stored, backups_in, copy_whole, link_or_copy, read_description, sha256_of, verify
from tools.stack.backups.database import Snapshot, dump, snapshot, started_alone
from tools.stack.environment import plain_environment, shop_environment
from tools.stack.instance import Instance
from tools.stack.leftovers import Lock
from tools.stack.postgres import Postgres, find_postgres
from tools.stack.problems import Problem
from tools.stack.view import View

INCOMPLETE = 3  # exit status: the backup is good, and the registry lacks something that was sold
SECRETS = ("secrets.json", "keys", "demo.json")
SANDBOX = Path("sandbox") / "sandbox.sqlite3"
Announce = Callable[[str], None]


def main(view: View, arguments: list[str]) -> int:
    """Take a backup, or check the newest one; return the exit status."""
    parser = ArgumentParser(prog="script/backup", description="Back up an instance: database, layers, pictures, signing keys, secrets.")
    parser.add_argument("folder", type=Path, help="where the backups are, best on another disk")
    parser.add_argument("--keep", type=int, default=7, metavar="N", help="how many complete backups stay (7)")
    parser.add_argument("--check", action="store_true", help="make none: read the newest one and compare every file with its checksum")
    options = parser.parse_args(arguments)
    if options.keep < 1:
        parser.error("--keep must be at least 1")
    folder = options.folder.resolve()
    if options.check:
        return _check(view, folder)
    taken = take_backup(Instance.from_environment(os.environ), folder, keep=options.keep, announce=view.say)
    return _report(view, taken, read_description(taken))


def _check(view: View, folder: Path) -> int:
    found = backups_in(folder)
    if not found:
        raise Problem(f"{folder} has no complete backup.", do="make one: script/backup FOLDER")
    return _report(view, found[-1], verify(found[-1]))


def _report(view: View, folder: Path, description: Description) -> int:
    size, pullable = f"{description.size / 10**6:.1f} MB", f"{description.manifests} manifests that can be pulled"
    view.say(f"{folder}: {len(description.files)} files, {size}, {pullable}")
    for missing in description.missing:
        view.say(f"the registry lacked {missing}")
    if description.missing:
        view.say("What the registry lacks cannot be restored: look for it in an older backup, or have its seller push it again.")
    return INCOMPLETE if description.missing else 0


def take_backup(instance: Instance, folder: Path, *, keep: int, announce: Announce = lambda _: None) -> Path:
    """Make a complete backup in the folder and remove the oldest beyond `keep`; return its path.

    It is consistent: whatever its database says can be pulled is in its copy of the registry (ADR 0033). Pulls, pushes and sales go on.
    Files that the backup before has, by digest or unchanged, are linked and not copied.

    Raises:
        Problem: there is no shop, another backup runs, the disk is full. Nothing of this backup stays; complete ones are as they were.
    """
    with _folder_for_itself(folder), ExitStack() as running:
        server = _database(instance, running)
        taken = Backup(instance, folder, server)
        try:
            done = taken.take(announce)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            do = "free some space, or name a folder on another disk. The backups that were complete are as they were."
            raise Problem(f"The disk of {folder} is full.", do=do) from error
        finally:
            shutil.rmtree(taken.partial, ignore_errors=True)
        for old in backups_in(folder)[:-keep]:
            announce(f"removing {old.name}")
            shutil.rmtree(old)
    return done


@contextmanager
def _folder_for_itself(folder: Path) -> Iterator[None]:
    """Let no other backup work in the folder, and clear away what one left that was cut off."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"Another backup is being made in {folder}.", do="wait for its end.") from None
        for left in folder.glob(".*.partial"):
            shutil.rmtree(left)
        yield


def _database(instance: Instance, running: ExitStack) -> Postgres:
    """Return the instance's database, which runs: by itself, or for as long as the backup takes."""
    if not (instance.var / "secrets.json").exists():
        raise Problem(f"No shop has been started in {instance.var}.", do="check LAYERSTORE_VAR; nothing was written.")
    server = find_postgres(instance)
    if not server.is_ready():
        instance.make_folders()
        lock = Lock(instance)
        lock.take()
        running.callback(lock.release)
        running.enter_context(started_alone(instance, server))
    return server


class Backup:
    """One backup while it is being made."""

    def __init__(self, instance: Instance, folder: Path, server: Postgres) -> None:
        self.instance = instance
        self.folder = folder
        self.server = server
        self.made_at = datetime.now(UTC)

    @property
    def name(self) -> str:
        return f"{self.made_at:%Y%m%dT%H%M%SZ}"

    @property
    def partial(self) -> Path:
        return self.folder / f".{self.name}.partial"

    def take(self, announce: Announce) -> Path:
        """Make it, under a name that nobody takes for a backup; give it its name when every file is on the disk."""
        done = self.folder / self.name
        if done.exists():
            raise Problem(f"{done} is there already.", do="wait a second.")
        self.partial.mkdir(mode=0o700)
        before = backups_in(self.folder)
        earlier = Earlier(before[-1] if before else None)
        environment = plain_environment(os.environ) | shop_environment(self.instance)
        with snapshot(self.instance, environment) as moment:
            announce("database")
            dump(self.server, self.partial / "database.dump", at=moment)
            description = Description(self.made_at.isoformat(timespec="seconds"), self.instance.url, moment.migrations)
            self._note(description, "database.dump")
            announce("layers")
            self._copy_registry(description, moment, earlier)
            announce("pictures, keys, secrets")
            self._copy_media(description, earlier)
            self._pack_secrets(description)
            description.write(self.partial)
            _sync_tree(self.partial)
            self.partial.rename(done)
            _sync(self.folder)
            moment.checked = description.manifests
        return done

    def _note(self, description: Description, path: str) -> None:
        file = self.partial / path
        file.chmod(0o600)
        description.files[path] = Stored(sha256_of(file), file.stat().st_size)

    def _copy_registry(self, description: Description, moment: Snapshot, earlier: "Earlier") -> None:
        """Copy links first and blobs after them, so that each link's blob is there; then look for all that can be pulled."""
        source, target = self.instance.var / "registry", self.partial / "registry"
        repositories = self._pack_links(source)
        self._note(description, "links.tar.gz")
        for digest in layers.blob_digests(source):
            path = str(Path("registry") / layers.blob_file(Path(), digest))
            stored = earlier.keep(path, self.partial, like=layers.blob_file(source, digest), by_digest=True)
            stored = stored or copy_whole(layers.blob_file(source, digest), self.partial / path)
            if stored.sha256 == digest:
                description.files[path] = stored
            else:
                (self.partial / path).unlink()
                description.missing.append(f"blob sha256:{digest}, which is damaged")
        for name, manifests in moment.manifests.items():
            repository = repositories.get(name, layers.Repository(name))
            for digest, sold in manifests.items():
                absent = list(layers.lacking(target, repository, digest))
                description.missing += absent if sold else []
                description.manifests += not absent

    def _pack_links(self, source: Path) -> dict[str, layers.Repository]:
        """Write all links into one archive, for they are many and small; return what they say."""
        found: dict[str, layers.Repository] = {}
        with tarfile.open(self.partial / "links.tar.gz", "w:gz", compresslevel=1) as archive:
            for folder in layers.repository_folders(source):
                name = str(folder.relative_to(source / layers.REPOSITORIES))
                found[name] = layers.Repository(name)
                for link, digest in layers.links_of(folder):
                    layers.note_link(found[name], link, digest)
                    archive.addfile(*_as_link(link.relative_to(source), digest))
        return found

    def _copy_media(self, description: Description, earlier: "Earlier") -> None:
        root = self.instance.var / "media"
        for file in sorted(entry for entry in root.rglob("*") if entry.is_file()):
            path = str(Path("media") / file.relative_to(root))
            try:
                description.files[path] = earlier.keep(path, self.partial, like=file) or copy_whole(file, self.partial / path)
            except FileNotFoundError:
                continue  # its seller removed it as we came

    def _pack_secrets(self, description: Description) -> None:
        with tarfile.open(self.partial / "secrets.tar", "w") as archive:
            for name in SECRETS:
                if (self.instance.var / name).exists():
                    archive.add(self.instance.var / name, arcname=name)
        self._note(description, "secrets.tar")
        if (self.instance.var / SANDBOX).exists():
            copy_sqlite(self.instance.var / SANDBOX, self.partial / "sandbox.sqlite3")
            self._note(description, "sandbox.sqlite3")


class Earlier:
    """The backup before this one, whose files need not be copied again."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files: dict[str, Stored] = {}
        if folder is not None:
            try:
                self._files = read_description(folder).files
            except Problem:
                return  # a damaged one is no help, and no obstacle

    def keep(self, path: str, target: Path, *, like: Path, by_digest: bool = False) -> Stored | None:
        """Link a file into a new backup if the earlier one has it as the original still is; None if it must be copied.

        Args:
            by_digest: its path says its content, so that its time says nothing.
        """
        stored, now = self._files.get(path), like.stat()
        if self._folder is None or stored is None or stored.size != now.st_size:
            return None
        kept = self._folder / path
        if not kept.exists() or kept.stat().st_size != stored.size or not (by_digest or stored.written == now.st_mtime_ns):
            return None
        link_or_copy(kept, target / path)
        return stored


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite file that somebody may be writing to, as of one moment."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as reading, sqlite3.connect(target) as writing:
        reading.backup(writing)
    reading.close()
    writing.close()


def _as_link(path: Path, digest: str) -> tuple[tarfile.TarInfo, BytesIO]:
    content = f"sha256:{digest}".encode()
    entry = tarfile.TarInfo(str(path))
    entry.size, entry.mode = len(content), 0o600
    return entry, BytesIO(content)


def _sync_tree(folder: Path) -> None:
    """Make sure that names are on the disk too, not only contents."""
    for below, _, _ in os.walk(folder, topdown=False):
        _sync(Path(below))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
