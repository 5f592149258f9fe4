"""How often a process looks for garbage is said before anything else is loaded."""

import subprocess
import sys


def test_a_process_looks_for_garbage_rarely_before_it_loads_anything_else() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import config, gc; print(gc.get_threshold())"], capture_output=True, text=True, check=True
    )

    assert said.stdout == "(20000, 20, 20)\n"
