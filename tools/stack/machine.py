"""Facts about the machine under us: its distribution, its rights, its disk."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.stack.problems import Problem

MEGABYTE = 10**6


def parse_os_release(text: str) -> dict[str, str]:
    """Return the fields of /etc/os-release (os-release(5)), quotes taken off."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def distribution(os_release: Path) -> dict[str, str]:
    """Return the fields of the machine's os-release file; empty where there is none, as on macOS."""
    try:
        return parse_os_release(os_release.read_text())
    except OSError:
        return {}


def is_supported(fields: dict[str, str]) -> bool:
    """Tell whether our package names are right here: Debian 12 or later."""
    major = fields.get("VERSION_ID", "0").split(".")[0]
    return fields.get("ID") == "debian" and major.isdigit() and int(major) >= 12  # noqa: PLR2004 - Debian 12


def require_writable(folders: Iterable[Path]) -> None:
    """Make each folder and write into it.

    Raises:
        Problem: read-only or full disk, or a folder of somebody else.
    """
    for folder in folders:
        probe = folder / ".writable"
        try:
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            probe.write_bytes(b"\0" * 4096)
            probe.unlink()
        except OSError as error:
            raise disk_problem(error, folder) from error


def disk_problem(error: OSError, folder: Path) -> Problem:
    """Turn a disk error into a message."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(f"The disk under {folder} is full.", do="free some space, or set LAYERSTORE_VAR to a folder elsewhere.")
    if error.errno == errno.EROFS:
        do = "clone Layerstore to a writable disk, or set LAYERSTORE_VAR to a folder on one if only var/ is meant."
        return Problem(f"{folder} is on a read-only disk.", do=do)
    do = "run as the user who owns it, or set LAYERSTORE_VAR to a folder of yours."
    return Problem(f"{folder} cannot be written: {error.strerror}.", do=do)


def require_space(folder: Path, *, needed: int, purpose: str) -> None:
    """Check that a folder's disk has so many bytes free.

    Raises:
        Problem: it has not; says how many there are.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Problem(
            f"{folder} has {free // MEGABYTE} MB free; {purpose} needs about {needed // MEGABYTE} MB.",
            do="free some space (apt-get clean often helps), then start again.",
        )


def is_root() -> bool:
    """Tell whether we may install packages and change users."""
    return os.geteuid() == 0
