"""The two processes of this app on their real settings, which other tests only imitate."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ASK = """
import io, sys
from importlib import import_module
application = import_module(sys.argv[1]).application
output = []
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": sys.argv[2], "QUERY_STRING": "", "SERVER_NAME": "any.name", "SERVER_PORT": "80",
           "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "REMOTE_ADDR": ""}
body = b"".join(application(environ, lambda status, headers: output.append(status)))
loaded = [name for name in ("allauth.account.models", "rest_framework", "stripe", "django.contrib.admin.sites") if name in sys.modules]
print(output[0], "|", body.decode()[:60], "|", loaded)
"""


def ask(module: str, settings_module: str, path: str, keys: Path) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": settings_module,
        "LAYERSTORE_KEYS_DIR": str(keys),
        "LAYERSTORE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "LAYERSTORE_REDIS_URL": settings.REDIS_URL,
        "LAYERSTORE_SECRET_KEY": "x",
        "LAYERSTORE_TOKEN_KEYS": "x",
        "LAYERSTORE_EVENTS_SECRET": "x",
    }
    command = [sys.executable, "-c", ASK, module, path]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=settings.BASE_DIR).stdout


@pytest.mark.parametrize(
    ("path", "starts"),
    [
        pytest.param("/auth/jwks.json", '200 OK | {"keys": [{"kty": "EC"', id="keys"),
        pytest.param("/auth/token", '503 Service Unavailable | {"errors": [{"code": "UNAVAILABLE"', id="no database, no token"),
        pytest.param("/anything", '404 Not Found | {"errors": [{"code": "UNSUPPORTED"', id="nothing else"),
    ],
)
def test_the_token_process_is_slim_and_answers(key_store, path, starts):
    output = ask("config.wsgi_token", "config.settings.token", path, key_store.directory)

    assert output.startswith(starts)
    assert output.rstrip().endswith("| []")


def test_the_inner_listener_answers(key_store):
    assert ask("config.wsgi_inner", "config.settings.inner", "/metrics", key_store.directory).startswith("200 OK | # HELP")
