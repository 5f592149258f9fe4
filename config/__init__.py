"""How the parts are put together: settings, addresses, processes."""

import gc

# Whatever starts loads a hundred thousand objects that stay; to look for garbage after each 700 of them takes a twentieth of that time.
# The threshold stays for as long as the process runs: it looks less often, and at more at once.
gc.set_threshold(20_000, 20, 20)

from config.celery import app as celery_app  # noqa: E402  the line above comes before all that is loaded

__all__ = ["celery_app"]
