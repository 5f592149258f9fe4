"""The shop that a measurement is made on, and what is run beside it."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.stack import parts
from tools.stack.instance import ROOT, Instance
from tools.stack.ports import free_base_port
from tools.stack.problems import Problem
from tools.stack.running import Stack


@contextmanager
def fresh_shop(
    *, with_docker: bool = False, durable: bool = False, restarts: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """Run a shop on free ports with fresh data, and take both away at the end. Beside its var/ there is room for files.

    Args:
        settings: variables that differ from a demo's.
    """
    with tempfile.TemporaryDirectory(prefix="layerstore-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's user passes through
        print("Starting a shop …", flush=True)
        instance = Instance(port=free_base_port(), var=folder / "var")
        with Stack(instance, with_docker=with_docker, durable=durable, restarts=restarts, settings=settings or {}) as stack:
            yield stack


def run_here(stack: Stack, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
    """Run a Python module with the stack's environment, some variables of it changed, and return what it prints.

    Raises:
        Problem: it failed.
    """
    environment = stack.environment | dict(settings or {})
    result = subprocess.run([parts.PYTHON, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Problem(f"{' '.join(arguments)} failed: {result.stderr[-600:]}", do="fix the cause, then start again.")
    return result.stdout


def end_with(main: Callable[[], int]) -> None:
    """Run a measurement and end the process with its status, or with status 1 and a message saying what was in the way."""
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"Problem: {problem}", file=sys.stderr)
        sys.exit(1)
