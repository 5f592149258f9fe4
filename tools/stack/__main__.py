"""python -m tools.stack demo|server|test|backup|restore|garbage-collect: what the commands in script/ start, once .venv is there."""

import os
import sys

from rich.console import Console

from tools.stack import collecting, demo, server, testing
from tools.stack.backups import restoring, taking
from tools.stack.environment import forget_stripe
from tools.stack.machine import disk_problem
from tools.stack.problems import Problem
from tools.stack.signals import Stopped, stop_on_signals
from tools.stack.view import View

COMMANDS = {
    "demo": demo.main,
    "server": server.main,
    "test": testing.main,
    "backup": taking.main,
    "restore": restoring.main,
    "garbage-collect": collecting.main,
}


def main(name: str, *arguments: str) -> int:
    """Run a command; whatever the user can fix becomes a message and status 1."""
    stop_on_signals()
    view = View()
    try:
        forget_stripe(os.environ)
        return COMMANDS[name](view, list(arguments))
    except Problem as problem:
        view.problem(str(problem))
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        View(Console(stderr=True)).problem(str(disk_problem(error, error.filename)))
        return 1
    except Stopped as stopped:
        return 128 + stopped.number


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
