"""Which programs the stack needs, which Debian package brings each, and which of them are missing here."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Need:
    """A program, asked for by what it does on this machine and not by its package: docker-ce serves as docker.io does."""

    what: str
    package: str
    present: Callable[[], bool]


def find_program(name: str) -> str | None:
    """Return the path of a program; /usr/sbin is searched even when the user's PATH leaves it out."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


def program(name: str, package: str) -> Need:
    """Return the need for a command on the path."""
    return Need(what=name, package=package, present=lambda: find_program(name) is not None)


def file_like(what: str, pattern: str, package: str) -> Need:
    """Return the need for at least one file like this; the pattern begins at the root."""
    return Need(what=what, package=package, present=lambda: any(Path("/").glob(pattern)))


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs. Debian keeps them off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if folders and (folders[-1] / "initdb").exists():
        return folders[-1]
    elsewhere = find_program("initdb")
    return Path(elsewhere).parent if elsewhere else None


VENV = Need(what="python3 -m venv", package="python3-venv", present=lambda: importlib.util.find_spec("ensurepip") is not None)
RUNNING = (
    VENV,
    Need(what="postgres", package="postgresql", present=lambda: postgres_programs() is not None),
    program("redis-server", "redis-server"),
    program("docker-registry", "docker-registry"),
    program("nginx", "nginx"),
    program("dockerd", "docker.io"),
    program("docker", "docker.io"),
    program("skopeo", "skopeo"),
)
TESTING = (
    *RUNNING,
    program("chromium-headless-shell", "chromium-headless-shell"),
    program("docker-compose", "docker-compose"),
    program("podman", "podman"),
    program("buildah", "buildah"),
    program("ctr", "containerd"),
    program("kubectl", "kubernetes-client"),
    program("curl", "curl"),
    program("promtool", "prometheus"),
    program("pgbouncer", "pgbouncer"),
    file_like("a font", "usr/share/fonts/**/*.ttf", "fonts-dejavu-core"),
)
MEASURING = (*TESTING, program("wrk", "wrk"), program("npm", "npm"))

PURPOSES = {"demo": RUNNING, "server": RUNNING, "test": TESTING, "bench": MEASURING}


def missing(needs: Iterable[Need]) -> list[Need]:
    """Return what is not on this machine, in the given order."""
    return [need for need in needs if not need.present()]


def packages_of(needs: Iterable[Need]) -> list[str]:
    """Return the packages that bring the needs, each once, in order."""
    return list(dict.fromkeys(need.package for need in needs))
