"""The token process: /auth/ and nothing else, on slim settings."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")
application = get_wsgi_application()
