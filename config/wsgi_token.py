"""The token process: /auth/ and nothing else, on slim settings, without Django's request handling."""

import os

import django
from django.conf import settings

from common.web.request_bodies import drain_request_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")
django.setup()

from common.db.pooling import sessions_are_shared  # noqa: E402  it reads the settings
from common.db.statements import limit_statements  # noqa: E402  the same
from registry_auth.token import endpoint  # noqa: E402  its models need Django to be set up

if sessions_are_shared():  # else the settings limit each connection, which costs no statement anything
    limit_statements(settings.LAYERSTORE_STATEMENT_SECONDS)
application = drain_request_body(endpoint.application)
