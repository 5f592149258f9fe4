"""The inner listener: registry events and metrics on an address that the edge does not serve."""

from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

ROOT_URLCONF = "config.urls_inner"
ALLOWED_HOSTS = ["*"]  # reached by container and loopback names; nothing here is made from the Host header
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
