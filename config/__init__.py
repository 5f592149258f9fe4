"""How the parts are put together: settings, addresses, processes."""

import gc

# Whatever starts loads a hundred thousand objects that stay. Looking for garbage each 700 meanwhile takes a twentieth of that time.
gc.set_threshold(20_000, 20, 20)

from config.celery import app as celery_app  # noqa: E402  the line above comes before all that is loaded

__all__ = ["celery_app"]
