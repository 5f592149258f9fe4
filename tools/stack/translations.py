"""The translations as Django reads them: each catalogue in locale/ compiled, which no checkout holds. Pure Python, by Babel."""

from __future__ import annotations

from pathlib import Path

from tools.stack.problems import Problem
from tools.stack.progress import run_logged


def compile_translations(root: Path, python: Path, log: Path) -> None:
    """Compile the catalogues if one has changed since; takes no time where none has.

    Args:
        python: has Babel.

    Raises:
        Problem: a catalogue cannot be read.
    """
    catalogues = (root / "locale").glob("*/LC_MESSAGES/django.po")
    if all(_is_compiled(catalogue) for catalogue in catalogues):
        return
    command = [str(python), "-m", "babel.messages.frontend", "compile", "--domain=django", f"--directory={root / 'locale'}"]
    if run_logged(command, title="Compiling the translations", log=log).returncode:
        raise Problem("The translations cannot be compiled.", do="mend the file in locale/ that the log names.", log=log)


def _is_compiled(catalogue: Path) -> bool:
    compiled = catalogue.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime >= catalogue.stat().st_mtime
