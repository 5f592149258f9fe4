"""The token process: /auth/ and nothing else, on slim settings, without Django's request handling."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")
django.setup()

from registry_auth.endpoint import application  # noqa: E402  its models need Django to be set up

__all__ = ["application"]
