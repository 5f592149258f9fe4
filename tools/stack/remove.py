"""script/demo --remove: take everything under var/ away. Standard library only; it works without .venv and on a full disk."""

import os
import shutil
import sys
from pathlib import Path

from tools.stack.instance import Instance
from tools.stack.leftovers import Lock, end_leftover_processes, unmount_below
from tools.stack.postgres import fallback_data
from tools.stack.problems import Problem
from tools.stack.progress import say

OURS = ("secrets.json", "run", "log")


def remove(instance: Instance) -> None:
    """Remove the data of an instance that does not run.

    Raises:
        Problem: it runs, or the folder does not look like one of ours.
    """
    if not instance.var.exists():
        say(f"{instance.var} is not there: nothing to remove.")
        return
    require_ours(instance.var)
    lock = Lock(instance)
    (instance.var / "run").mkdir(exist_ok=True)
    lock.take()
    try:
        end_leftover_processes(instance)
        if os.geteuid() == 0:
            unmount_below(instance.var)
            unmount_below(instance.sockets)
        for folder in (instance.sockets, fallback_data(instance.var / "postgres").parent):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(instance.var)
    finally:
        lock.release()
    say(f"Removed {instance.var}. The installed packages and .venv stay.")


def require_ours(folder: Path) -> None:
    """Check that a folder is one that we filled, or empty: LAYERSTORE_VAR may have been set to somebody's home.

    Raises:
        Problem: it is not.
    """
    names = {entry.name for entry in folder.iterdir()}
    if names and not names & set(OURS):
        do = "check LAYERSTORE_VAR; if you mean it, remove the folder yourself."
        raise Problem(f"{folder} is not empty, and not the data of a Layerstore instance.", do=do)


def main() -> int:
    """Remove the instance that the environment names; return the exit status."""
    try:
        remove(Instance.from_environment(os.environ))
    except Problem as problem:
        print(f"Problem: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Problem: {error.filename} cannot be removed: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
