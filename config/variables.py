"""Environment variables: how one is declared, what its text may be, and their table for the manual. `config/env.py` has them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from common.currencies import CURRENCIES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """A setting that a machine decides.

    Attributes:
        name: of the environment variable.
        parse: turns its text into a value, or raises a ValueError that ends the sentence "NAME must …".
        default: text that counts when it is unset or empty; None if there is no such text.
        about: for the operator: what it decides.
        manual_default: how the manual writes the default, where the text says too little.
    """

    name: str
    parse: Callable[[str], T]
    default: str | None
    about: str
    manual_default: str = ""

    def read(self, default: str | None = None) -> T:
        """Return the value; one that follows from other settings is given as `default`.

        Raises:
            ImproperlyConfigured: it has no value, or none that it may have; the message names it.
        """
        return self._value(self.default if default is None else default)

    def required(self) -> T:
        """Return the value that this machine sets, whatever the default.

        Raises:
            ImproperlyConfigured: it is unset, or is nothing that it may be.
        """
        return self._value(None)

    def _value(self, default: str | None) -> T:
        value = os.environ.get(self.name) or default
        if value is None:
            msg = f"Set {self.name}: see docs/operations.md for what belongs there."
            raise ImproperlyConfigured(msg)
        try:
            return self.parse(value)
        except ValueError as error:
            msg = f"{self.name} must {error}"
            raise ImproperlyConfigured(msg) from error


def text(value: str) -> str:
    """Any text."""
    return value


def url(value: str) -> str:
    """An address, without a slash at its end."""
    return value.rstrip("/")


def number(value: str) -> int:
    """A whole number."""
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"be a whole number, not {value!r}.") from None


def listener(value: str) -> tuple[str, int]:
    """Where something listens, `ADDRESS:PORT`; a port alone means on this machine only."""
    address, _, port = value.rpartition(":")
    return address or "127.0.0.1", number(port)


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"be one of {', '.join(choices)}, not {value!r}.")
        return value

    return parse


def words(value: str) -> list[str]:
    """A comma-separated list; empty items do not count."""
    return [word.strip() for word in value.split(",") if word.strip()]


def currencies(value: str) -> list[str]:
    """A comma-separated list of currencies that `common.currencies` has a row for."""
    codes = words(value)
    for code in codes:
        if code not in CURRENCIES:
            raise ValueError(f"name some of {', '.join(CURRENCIES)}, and not {code!r}: that needs a row in common/currencies.py first.")
    return codes


def amounts(value: str) -> dict[str, int]:
    """A comma-separated list like `eur:300,jpy:500`, as whole numbers by name."""
    found = {}
    for word in words(value):
        key, _, amount = word.partition(":")
        if not (amount.isascii() and amount.isdigit()):
            raise ValueError(f"be a list like eur:300,jpy:500, and not have {word!r}.")
        found[key.strip()] = int(amount)
    return found


def database(value: str) -> dict[str, Any]:
    """A Django database from `postgresql://user:password@host:port/database?host=/socket/dir`.

    The query's `host` wins over the authority's, as in libpq (PostgreSQL manual, 34.1.1.2 "Connection URIs").
    """
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("begin with postgresql://: PostgreSQL is the only database Layerstore runs on.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": query,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


def email(value: str) -> dict[str, object]:
    """Django's e-mail settings from `smtp://user:password@host:port`, `smtps://` or `smtp+tls://`."""
    parts = urlsplit(value)
    if parts.scheme == "locmem":
        return {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise ValueError("begin with smtp://, smtps:// or smtp+tls://.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def as_table(variables: Iterable[Variable[Any]]) -> str:
    """Return the table of docs/operations.md."""
    rows = [f"| `{variable.name}` | {_default(variable)} | {variable.about} |\n" for variable in variables]
    return "".join(["| variable | default | what it is |\n|---|---|---|\n", *rows])


def _default(variable: Variable[Any]) -> str:
    if variable.manual_default:
        return variable.manual_default
    if not variable.default:
        return "*required*" if variable.default is None else "empty"
    return variable.default if variable.default.isdigit() else f"`{variable.default}`"
