"""The token process: one endpoint, so no session, no CSRF, no messages, no templates."""

from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

ROOT_URLCONF = "config.urls_token"
ALLOWED_HOSTS = ["*"]  # nothing here is made from the Host header, and registry clients reach it under any name
MIDDLEWARE = []
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
