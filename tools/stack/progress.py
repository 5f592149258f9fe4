"""Progress before anything is installed: one line that ticks on a terminal, plain lines elsewhere."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CLEAR_LINE = "\r\x1b[K"  # ECMA-48: to the line's begin, and erase to its end

_running: set[subprocess.Popen[bytes]] = set()
_starting = threading.Lock()  # held until the new process is in the set: otherwise `end_all` would miss it


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def run_logged(
    command: Sequence[str], *, title: str, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that takes long, with its output in a log and the elapsed seconds on the terminal.

    Only the main thread's line ticks; a command on another thread prints when it begins and when it has ended.
    The result's `stdout` holds what the command wrote, for the caller to read the cause of a failure from.
    """
    terminal = sys.stdout.isatty()
    ticking = terminal and threading.current_thread() is threading.main_thread()
    say(f"  {title} …") if not ticking else None
    began = time.monotonic()
    with log.open("a+") as output:
        output.write(f"\n$ {' '.join(command)}\n")
        output.flush()
        start = output.tell()
        with _starting:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment)
            _running.add(process)
        with process:
            try:
                _tick(process, title=title, began=began, ticking=ticking)
            except BaseException:
                # Asked to stop: let the command tidy up after itself (dpkg does), but not for ever.
                process.terminate()
                process.wait(timeout=60)
                raise
            finally:
                _running.discard(process)
        output.seek(start)
        written = output.read()
    say(f"{CLEAR_LINE if terminal else ''}  {title}: {'done' if process.returncode == 0 else 'failed'} in {time.monotonic() - began:.0f} s")
    return subprocess.CompletedProcess(list(command), process.returncode, stdout=written)


def end_all() -> None:
    """Terminate every command that still runs beside the one we waited for."""
    with _starting:
        running = list(_running)
    for process in running:
        process.terminate()


def _tick(process: subprocess.Popen[bytes], *, title: str, began: float, ticking: bool) -> None:
    while True:
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if ticking:
                print(f"\r  {title} … {time.monotonic() - began:.0f} s ", end="", flush=True)
        else:
            return
