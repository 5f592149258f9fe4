"""Progress before anything is installed: one line that ticks on a terminal, plain lines elsewhere."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def run_logged(
    command: Sequence[str], *, title: str, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that takes long, with its output in a log and the elapsed seconds on the terminal.

    The result's `stdout` holds what the command wrote, for the caller to read the cause of a failure from.
    """
    ticking = sys.stdout.isatty()
    say(f"  {title} …") if not ticking else None
    began = time.monotonic()
    with log.open("a+") as output:
        output.write(f"\n$ {' '.join(command)}\n")
        output.flush()
        start = output.tell()
        with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment) as process:
            try:
                _tick(process, title=title, began=began, ticking=ticking)
            except BaseException:
                # Asked to stop: let the command tidy up after itself (dpkg does), but not for ever.
                process.terminate()
                process.wait(timeout=60)
                raise
        output.seek(start)
        written = output.read()
    say(f"{chr(13) if ticking else ''}  {title}: {'done' if process.returncode == 0 else 'failed'} in {time.monotonic() - began:.0f} s")
    return subprocess.CompletedProcess(list(command), process.returncode, stdout=written)


def _tick(process: subprocess.Popen[bytes], *, title: str, began: float, ticking: bool) -> None:
    while True:
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if ticking:
                print(f"\r  {title} … {time.monotonic() - began:.0f} s ", end="", flush=True)
        else:
            return
