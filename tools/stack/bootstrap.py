"""Install what is missing, and nothing else. Standard library only: it runs before anything is there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tools.stack import apt, packages
from tools.stack.instance import ROOT, Instance, make_private
from tools.stack.machine import distribution, is_root, is_supported, require_writable
from tools.stack.problems import Problem
from tools.stack.progress import end_all, say
from tools.stack.signals import Stopped, stop_on_signals
from tools.stack.translations import compile_translations
from tools.stack.virtualenv import Virtualenv

OS_RELEASE = Path("/etc/os-release")


def main(purpose: str = "demo", *command: str) -> int:
    """Make the machine ready for a purpose, then become `python -m COMMAND` of `.venv` where one is given.

    It replaces this process, so that whoever started us can stop all of it by one process id.
    """
    stop_on_signals()
    try:
        make_ready(purpose)
    except Problem as problem:
        print(f"\nProblem: {problem}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        print("\nStopped; nothing of ours is left in /etc.", file=sys.stderr)
        return 128 + stopped.number
    if command:
        python = str(Virtualenv(ROOT).python)
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(python, [python, "-P", "-m", *command])  # noqa: S606 - no shell is wanted
    return 0


def make_ready(purpose: str) -> None:
    """Install the packages and the Python environment that a purpose needs.

    Raises:
        Problem: says which of rights, distribution, network or disk is in the way.
    """
    var = Instance.from_environment(os.environ).var
    require_writable([ROOT, var])
    make_private(var)
    log = var / "log" / "bootstrap.log"
    needs = packages.PURPOSES[purpose]
    environment = Virtualenv(ROOT, purpose)
    fill = partial(environment.ensure, var / "log" / "venv.log")
    lacking = packages.missing(needs)
    if lacking:
        install_beside(fill, lacking, needs, log)
    else:
        fill()
    compile_translations(ROOT, environment.python, log)


def install_beside(fill: Callable[[], None], lacking: list[packages.Need], needs: Iterable[packages.Need], log: Path) -> None:
    """Install what is lacking, and fill the Python environment meanwhile."""
    prepare_installer(lacking, log)
    # What is needed to make a .venv comes first; then apt and pip run side by side: one unpacks while the other waits for the network.
    if packages.VENV in lacking:
        install_packages([packages.VENV], log)
    with beside(fill):
        install_packages(packages.missing(needs), log)


@contextmanager
def beside(act: Callable[[], None]) -> Iterator[None]:
    """Run the act in a thread beside the block until both have ended; an error in either is raised, and ends the other's commands.

    Raises:
        Problem: the act's.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(act)
        try:
            yield
            future.result()
        except BaseException:
            end_all()
            raise


def prepare_installer(lacking: list[packages.Need], log: Path) -> None:
    """Say what is missing, check that we can install it here, and let apt know its packages."""
    require_installer(lacking, packages.packages_of(lacking))
    say(f"Missing here: {', '.join(need.what for need in lacking)}.")
    say("It is installed from Debian. No service is started, no package is removed.")
    if not apt.has_lists():
        apt.update(log)


def install_packages(lacking: list[packages.Need], log: Path) -> None:
    """Install the Debian packages of the needs, after naming them and their size."""
    names = packages.packages_of(lacking)
    if not names:
        return
    planned = apt.plan(names, log)
    size = f"{planned.download / 10**6:.0f} MB to download, {planned.disk / 10**6:.0f} MB on disk"
    say(f"From Debian: {' '.join(names)} ({planned.packages} packages with what they need, {size}).")
    apt.install(names, planned=planned, log=log)
    still = packages.missing(lacking)
    if still:
        raise Problem(f"Installed, but still not found: {', '.join(need.what for need in still)}.", do="look into the log.", log=log)


def require_installer(lacking: list[packages.Need], names: list[str]) -> None:
    """Check that we can install here.

    Raises:
        Problem: not Debian, or not root. Names what is missing and which package brings it.
    """
    what = ", ".join(f"{need.what} (Debian: {need.package})" for need in lacking)
    fields = distribution(OS_RELEASE)
    if not is_supported(fields):
        here = fields.get("PRETTY_NAME", sys.platform)
        do = "install these yourself, use Debian 12, or run: docker compose --profile demo up"
        raise Problem(f"Missing: {what}. They can be installed for you on Debian 12 or later; this is {here}.", do=do)
    if not is_root():
        command = f"apt-get install --no-install-recommends {' '.join(names)}"
        raise Problem(f"Missing: {what}. Only root can install packages.", do=f"run this command as root, or first: sudo {command}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
