import gc

from config.processes.gunicorn import when_ready


def test_what_was_loaded_before_workers_are_forked_is_not_collected_again() -> None:
    try:
        when_ready(None)
        assert gc.get_freeze_count() > 1_000
    finally:
        gc.unfreeze()
