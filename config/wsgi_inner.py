"""The inner listener: registry events and metrics, never behind the edge."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.inner")
application = get_wsgi_application()
