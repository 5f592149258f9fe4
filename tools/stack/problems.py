"""What can go wrong on a user's machine, with what the user can do about it."""

from __future__ import annotations

from pathlib import Path

LOG_LINES = 20


class Problem(Exception):
    """Something the user can fix: what is wrong, and what to do. Ends the command with status 1."""

    def __init__(self, what: str, *, do: str, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.do = do
        self.log = log

    def __str__(self) -> str:
        text = f"{self.what}\n  What to do: {self.do}"
        if self.log is not None:
            lines = last_lines(self.log)
            text += f"\n  The last lines of {self.log}:\n" + "\n".join(f"    {line}" for line in lines)
        return text


def last_lines(log: Path, *, count: int = LOG_LINES) -> list[str]:
    """Return the last lines of a log; or that the log is missing or empty."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ["(there is no such file)"]
    return lines[-count:] or ["(nothing was written)"]
