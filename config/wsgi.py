"""The web process: pages, API, admin."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
application = get_wsgi_application()

from config.checks import refuse_unsafe  # noqa: E402  the models it looks at are there only now

refuse_unsafe()
