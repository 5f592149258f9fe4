"""The token process: /auth/ and nothing else, on slim settings, without Django's request handling."""

import os

import django

from common.web.bodies import read_to_the_end

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")
django.setup()

from registry_auth.token import endpoint  # noqa: E402  its models need Django to be set up

application = read_to_the_end(endpoint.application)
