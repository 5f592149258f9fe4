"""The only reader of the environment. Every setting that a machine decides passes through here."""

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return a variable.

    Raises:
        ImproperlyConfigured: it is unset or empty and there is no default; the message names it.
    """
    value = os.environ.get(name) or default
    if value is None:
        msg = f"Set {name}: see docs/operations.md for what belongs there."
        raise ImproperlyConfigured(msg)
    return value


def number(name: str, default: int) -> int:
    """Return a variable as a whole number.

    Raises:
        ImproperlyConfigured: it is set to something else.
    """
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        msg = f"{name} must be a whole number, not {value!r}."
        raise ImproperlyConfigured(msg) from error


def one_of(name: str, *choices: str) -> str:
    """Return a variable that is one of these; unset, the first.

    Raises:
        ImproperlyConfigured: it is set to something else.
    """
    value = text(name, choices[0])
    if value not in choices:
        msg = f"{name} must be one of {', '.join(choices)}, not {value!r}."
        raise ImproperlyConfigured(msg)
    return value


def words(name: str, default: str | None = None) -> list[str]:
    """Return a comma-separated variable as a list without empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def amounts(name: str) -> dict[str, int]:
    """Return a variable like `eur:300,jpy:500` as whole numbers by name; unset, none.

    Raises:
        ImproperlyConfigured: it is set to something else.
    """
    found = {}
    for word in words(name, ""):
        key, _, value = word.partition(":")
        if not (value.isascii() and value.isdigit()):
            msg = f"{name} must be a list like eur:300,jpy:500, and not have {word!r}."
            raise ImproperlyConfigured(msg)
        found[key.strip()] = int(value)
    return found


def database(name: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/database?host=/socket/dir` into a Django database.

    The query's `host` wins over the authority's, as in libpq (PostgreSQL manual, 34.1.1.2 "Connection URIs").
    """
    url = urlsplit(text(name))
    if url.scheme not in {"postgres", "postgresql"}:
        msg = f"{name} must begin with postgresql://: PostgreSQL is the only database Layerstore runs on."
        raise ImproperlyConfigured(msg)
    query = {key: values[-1] for key, values in parse_qs(url.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", url.hostname or ""),
        "PORT": query.pop("port", str(url.port or "")),
        "OPTIONS": query,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def email(name: str, default: str) -> dict[str, object]:
    """Turn `smtp://user:password@host:port` (or `smtps://`, `smtp+tls://`) into Django's e-mail settings."""
    url = urlsplit(text(name, default))
    if url.scheme == "locmem":
        return {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    if url.scheme not in {"smtp", "smtps", "smtp+tls"}:
        msg = f"{name} must begin with smtp://, smtps:// or smtp+tls://."
        raise ImproperlyConfigured(msg)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or 25,
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
