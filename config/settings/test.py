"""Tests: real PostgreSQL and Redis, nothing of the machine's environment but their addresses."""

import os
import tempfile
from pathlib import Path

# script/test names its own servers; type checkers load these settings without any.
os.environ.setdefault("LAYERSTORE_DATABASE_URL", "postgresql:///layerstore")
os.environ.setdefault("LAYERSTORE_REDIS_URL", "redis://127.0.0.1/0")
os.environ.setdefault("LAYERSTORE_SECRET_KEY", "only-for-tests")
os.environ.setdefault("LAYERSTORE_TOKEN_KEYS", "token-key-of-the-tests,older-token-key-of-the-tests")
os.environ.setdefault("LAYERSTORE_EVENTS_SECRET", "events-secret-of-the-tests")
os.environ["LAYERSTORE_PUBLIC_URL"] = "http://layerstore.test:8080"
os.environ["LAYERSTORE_ALLOWED_HOSTS"] = "layerstore.test,testserver,127.0.0.1,localhost"
os.environ["LAYERSTORE_EMAIL_URL"] = "locmem://"
os.environ["STRIPE_SECRET_KEY"] = "sk_test_of_the_tests"
os.environ["STRIPE_WEBHOOK_SECRET"] = "whsec_of_the_tests"
os.environ["STRIPE_API_BASE"] = "http://127.0.0.1:9"  # nothing listens there: a test that talks to Stripe starts a sandbox

from config.settings.base import *  # noqa: F403  the environment above must stand first

_var = Path(tempfile.gettempdir()) / f"layerstore-tests-{os.getpid()}"
LAYERSTORE_KEYS_DIR = _var / "keys"
MEDIA_ROOT = _var / "media"
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Groups of tests run beside each other, and with xdist several workers of a group: each has a database of its own at both servers.
_group, _worker = int(os.environ.get("LAYERSTORE_TEST_GROUP", "0")), os.environ.get("PYTEST_XDIST_WORKER", "")
DATABASES["default"]["TEST"] = {"NAME": f"test_layerstore_{_group}"}  # noqa: F405  from the base; xdist adds the worker's name
REDIS_URL = f"{REDIS_URL}?db={_group * 4 + int(_worker.removeprefix('gw') or 0)}"  # noqa: F405  from the base
CACHES["default"]["LOCATION"] = REDIS_URL  # noqa: F405  from the base
# However busy the machine is, no test loses by chance what a shop loses rather than wait for; those about a Redis that hangs set their own.
LAYERSTORE_REDIS_SECONDS = 60.0
CACHES["default"]["OPTIONS"] = {"socket_timeout": LAYERSTORE_REDIS_SECONDS, "socket_connect_timeout": LAYERSTORE_REDIS_SECONDS}  # noqa: F405  from the base
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  from the base
LAYERSTORE_LEASE_SECONDS = 600.0  # however busy the machine is, no test loses a lease by chance; those about losing one set their own
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_URL = "memory://"
