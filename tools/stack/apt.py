"""Installing Debian packages without starting a service, removing a package, or leaving a file of ours in /etc."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack.machine import require_space
from tools.stack.problems import Problem
from tools.stack.progress import run_logged

OPTIONS = ("--no-remove", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
MARK = "# Written by Layerstore for the time of one installation; safe to remove.\n"
FULL = ("No space left on device", "don't have enough free space")
OFFLINE = ("Temporary failure resolving", "Could not connect", "Could not resolve", "Failed to fetch", "Unable to connect")


@dataclass(frozen=True, slots=True)
class Plan:
    """What apt will do: bytes to download, bytes on disk, and how many packages with all they depend on."""

    download: int
    disk: int
    packages: int


def parse_plan(text: str) -> Plan:
    """Read apt's own calculation from what `apt-get install --assume-no` prints under LC_ALL=C.

    With some archives in the cache apt writes "Need to get 9226 kB/10.2 MB of archives": the first figure is still to come.
    """
    download = re.search(r"Need to get ([\d.,]+) (\w+)(?:/[\d.,]+ \w+)? of archives", text)
    disk = re.search(r"After this operation, ([\d.,]+) (\w+) of additional disk space", text)
    count = re.search(r"(\d+) newly installed", text)
    return Plan(download=_bytes(download), disk=_bytes(disk), packages=int(count[1]) if count else 0)


def _bytes(match: re.Match[str] | None) -> int:
    return int(float(match[1].replace(",", "")) * UNITS[match[2]]) if match else 0


def environment() -> dict[str, str]:
    """Return the environment for apt: no questions, one language, with the user's proxy variables kept."""
    return os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def has_lists(folder: Path = Path("/var/lib/apt/lists")) -> bool:
    """Tell whether apt knows any package: a fresh image comes without lists."""
    return any(folder.glob("*_Packages*"))


def update(log: Path) -> None:
    """Fetch the package lists.

    Raises:
        Problem: the network or the disk.
    """
    # Without the option a failed fetch is only a warning, and the next step would fail for a less clear reason.
    command = ["apt-get", "update", "-o", "APT::Update::Error-Mode=any", *OPTIONS[2:]]
    result = run_logged(command, title="Fetching Debian's package lists", log=log, environment=environment())
    if result.returncode:
        raise explain(result.stdout, log)


def plan(packages: Sequence[str], log: Path) -> Plan:
    """Ask apt what installing these packages takes, without doing it.

    Raises:
        Problem: apt cannot find or fit them together.
    """
    command = ["apt-get", "install", "--assume-no", *OPTIONS, *packages]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if "Do you want to continue" not in result.stdout and result.returncode:
        log.write_text(result.stdout + result.stderr)
        raise explain(result.stdout + result.stderr, log)
    return parse_plan(result.stdout)


def install(packages: Sequence[str], *, planned: Plan, log: Path) -> None:
    """Install the packages; what was in /etc before is there afterwards, whatever happens.

    Raises:
        Problem: no space, no network, or apt refused.
    """
    require_space(Path("/var/cache/apt"), needed=planned.download, purpose="the download")
    require_space(Path("/usr"), needed=planned.disk, purpose="the installation")
    with services_kept_off():
        command = ["apt-get", "install", "--yes", *OPTIONS, *packages]
        title = f"Installing {planned.packages} Debian packages"
        result = run_logged(command, title=title, log=log, environment=environment())
    if result.returncode:
        raise explain(result.stdout, log)


@contextmanager
def services_kept_off(root: Path = Path("/")) -> Iterator[None]:
    """While packages are installed, no service of theirs starts and no default database cluster is made.

    Debian's ways for both: policy-rc.d answering 101, and a file in createcluster.d. Files that were there stay untouched;
    ours carry a mark, so that a later run takes away what a killed one left.
    """
    policy = root / "usr/sbin/policy-rc.d"
    cluster = root / "etc/postgresql-common/createcluster.d/layerstore.conf"
    made: list[Path] = []
    try:
        for file, content, mode in (
            (policy, f"#!/bin/sh\n{MARK}exit 101\n", 0o755),
            (cluster, f"{MARK}create_main_cluster = false\n", 0o644),
        ):
            if is_ours(file) or not file.exists():
                made.append(file)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
                file.chmod(mode)
        yield
    finally:
        for file in made:
            file.unlink(missing_ok=True)


def is_ours(file: Path) -> bool:
    """Tell whether an earlier run left this file."""
    try:
        return MARK in file.read_text()
    except OSError:
        return False


def explain(output: str, log: Path) -> Problem:
    """Turn what apt wrote into a message that says what to do."""
    if any(sign in output for sign in FULL):
        return Problem("The disk is full: apt could not install.", do="free some space (apt-get clean), then start again.", log=log)
    if "dpkg was interrupted" in output:
        return Problem("An earlier installation was cut off.", do="run: dpkg --configure -a", log=log)
    if "Could not get lock" in output:
        return Problem("Another program is installing packages.", do="wait until it has finished, then start again.", log=log)
    if "Packages need to be removed but remove is disabled" in output:
        do = "install the programs named above by hand; this command never removes a package."
        return Problem("A package that is needed would push out one that is installed.", do=do, log=log)
    if any(sign in output for sign in OFFLINE):
        do = "check the network; behind a proxy set http_proxy and https_proxy, then start again."
        return Problem("Debian's archive cannot be reached.", do=do, log=log)
    return Problem("apt could not install what is missing.", do="fix what apt reports, then start again.", log=log)
