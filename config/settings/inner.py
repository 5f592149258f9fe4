"""The inner listener: registry events and metrics on an address that the edge does not serve."""

from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

ROOT_URLCONF = "config.urls_inner"
ALLOWED_HOSTS = ["*"]  # reached by names of containers and loopback; nothing here is made from the Host header
MIDDLEWARE = [
    "common.web.tracing.TracingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth refuses to load without it; it does nothing here
]
# A notification carries many events of about 2 kB; more than this is 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
