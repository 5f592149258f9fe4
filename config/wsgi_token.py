"""The token process: /auth/ and nothing else, on slim settings, without Django's request handling."""

import os

import django

from common.web.request_bodies import drain_request_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")
django.setup()

from registry_auth.token import endpoint  # noqa: E402  its models need Django to be set up

application = drain_request_body(endpoint.application)
