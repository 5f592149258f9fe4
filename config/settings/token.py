"""The token process: one endpoint, so no session, no CSRF, no messages, no templates."""

from config.settings.base import *  # noqa: F403  a settings module is its base plus differences

ROOT_URLCONF = ""  # Django resolves no address here: `registry_auth.token.endpoint` answers by itself
ALLOWED_HOSTS = ["*"]  # nothing here is made from the Host header, and registry clients reach it under any name
MIDDLEWARE = []
# Only apps whose rows it reads: no admin, no API, no sign-in by password.
INSTALLED_APPS = ["registry_auth", "marketplace", "accounts", "audit", "common", "django.contrib.auth", "django.contrib.contenttypes"]
USE_I18N = False  # docker shows what it is told, and sends no language
LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False
# Persistent connections are not tested before each use, which would cost a round trip: when one is dead, the request is tried once more.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # noqa: F405  from the base
# A database that hangs counts as away: the client gets 503 within seconds instead of waiting.
# Each statement is planned once for each connection. PostgreSQL would plan its first five uses anew, and later ones where it thinks that
# cheaper. Every query here looks up a few rows by their keys, so an index is right whatever the tables hold while it is planned.
_NO_SCANS = " ".join(f"-c enable_{way}=off" for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "material", "memoize"))
LAYERSTORE_STATEMENT_SECONDS = 2
_SESSION = f"-c statement_timeout={LAYERSTORE_STATEMENT_SECONDS * 1000} -c plan_cache_mode=force_generic_plan -c jit=off {_NO_SCANS}"
DATABASES["default"]["OPTIONS"]["connect_timeout"] = 2  # noqa: F405  from the base
if LAYERSTORE_DATABASE_POOLING == "session":  # noqa: F405  from the base
    DATABASES["default"]["OPTIONS"]["options"] = _SESSION  # noqa: F405  from the base
# A refused credential is an ordinary answer: the metrics count it, and the log has no line for each.
LOGGING = LOGGING | {"loggers": {"django.request": {"level": "ERROR"}}}  # noqa: F405  from the base
