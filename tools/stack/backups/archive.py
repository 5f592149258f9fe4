"""What a backup is on disk: a folder of files, and `backup.json`, which names each of them with its checksum.

A backup is made under a name that begins with a dot, and gets its own name when all of it is on the disk: one that was cut off is none.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.stack.problems import Problem

FORMAT = 1
DESCRIPTION = "backup.json"
NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
PIECE = 1024 * 1024
_AGAIN = "take another one: script/backup keeps several."
_WHICH = "name the folder of one, as 20261129T014542Z."


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a backup: the SHA-256 of its content, its bytes, and when the original was written, in nanoseconds since 1970."""

    sha256: str
    size: int
    written: int = 0


@dataclass(slots=True)
class Description:
    """What a backup holds.

    Attributes:
        migrations: what the database's tables stand at, as `app.name`.
        files: by their paths in the backup.
        missing: parts of sold images that the registry did not have, whole, when it was copied.
        manifests: how many can be pulled, by what the database says.
    """

    made_at: str
    url: str
    migrations: list[str]
    files: dict[str, Stored] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    manifests: int = 0

    @property
    def size(self) -> int:
        return sum(stored.size for stored in self.files.values())

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder, with a checksum of its own."""
        content = {"format": FORMAT, "kind": "layerstore", **asdict(self)}
        file = folder / DESCRIPTION
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump({**content, "sum": _sum(content)}, handle)
            handle.flush()
            os.fsync(handle.fileno())


def read_description(folder: Path) -> Description:
    """Read what a backup holds.

    Raises:
        Problem: it is no backup of ours, made by a newer version, or its description is damaged.
    """
    try:
        content = json.loads((folder / DESCRIPTION).read_bytes())
    except FileNotFoundError:
        raise Problem(f"{folder} is no complete backup: it has no {DESCRIPTION}.", do=_WHICH) from None
    except ValueError:
        raise Problem(f"The description of {folder} is damaged.", do=_AGAIN) from None
    if not isinstance(content, dict) or content.get("kind") != "layerstore":
        raise Problem(f"{folder} is no backup of Layerstore.", do=_WHICH)
    if content.get("format") != FORMAT:
        raise Problem(f"{folder} was made by a newer version.", do="install that version, then restore.")
    if content.pop("sum", None) != _sum(content):
        raise Problem(f"The description of {folder} is damaged.", do=_AGAIN)
    files = {path: Stored(**stored) for path, stored in content["files"].items()}
    return Description(**{name: content[name] for name in ("made_at", "url", "migrations", "missing", "manifests")}, files=files)


def verify(folder: Path) -> Description:
    """Read every file of a backup and compare it with its checksum; return the description.

    Raises:
        Problem: one is missing or differs; names the first.
    """
    description = read_description(folder)
    for path, stored in description.files.items():
        try:
            same = (folder / path).stat().st_size == stored.size and sha256_of(folder / path) == stored.sha256
        except OSError:
            raise Problem(f"The backup {folder} is not whole: {path} cannot be read.", do=_AGAIN) from None
        if not same:
            raise Problem(f"The backup {folder} is damaged: {path} is not what was written.", do=_AGAIN)
    return description


def backups_in(folder: Path) -> list[Path]:
    """Return the complete backups of a folder, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if NAME.fullmatch(entry.name) and (entry / DESCRIPTION).exists())


def sha256_of(file: Path) -> str:
    """Return the checksum of a file's content, in hexadecimal."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def copy_whole(source: Path, target: Path) -> Stored:
    """Copy a file and return what was read of it. It is on the disk when this returns, with the original's time."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        os.fchmod(writing.fileno(), 0o600)
        while piece := reading.read(PIECE):
            digest.update(piece)
            size += len(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
        written = os.fstat(reading.fileno()).st_mtime_ns
    return Stored(digest.hexdigest(), size, written)


def link_or_copy(source: Path, target: Path) -> None:
    """Let two backups share a file that never changes; where the disk knows no links, copy it."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _sum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
