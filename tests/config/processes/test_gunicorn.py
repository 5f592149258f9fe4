import gc
import subprocess
import sys

from config.processes.gunicorn import when_ready


def test_a_process_looks_for_garbage_rarely_before_it_loads_anything_else() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import config, gc; print(gc.get_threshold())"], capture_output=True, text=True, check=True
    )

    assert said.stdout == "(20000, 20, 20)\n"


def test_what_was_loaded_before_workers_are_forked_is_not_collected_again() -> None:
    try:
        when_ready(None)
        assert gc.get_freeze_count() > 1_000
    finally:
        gc.unfreeze()
