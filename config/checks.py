"""Deployment checks: what a shop on the internet needs to be safe. Each fault says what to set.

They run under production settings: in `manage.py check` and `migrate`, and once in each process before it serves (`refuse_unsafe`).
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Critical, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.models import Q

SHORTEST_SECRET = 32
A_MONTH = 30 * 86400
# Addresses that cannot exist (RFC 2606): only demo accounts have them.
DEMO_DOMAINS = (".example", ".test", ".invalid", ".localhost", "@example.com", "@example.net", "@example.org")
BUCKET = "common.ops.bucket.BucketStorage"


@register(Tags.security)
def production_is_safe(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001  Django passes it
    """Check address, hosts, secrets, cookies and the staff's second factor."""
    return [*_address(), *_secrets(), *_browser()] if settings.LAYERSTORE_PRODUCTION else []


def _address() -> Iterator[CheckMessage]:
    url = urlsplit(settings.LAYERSTORE_PUBLIC_URL)
    if url.scheme != "https":
        yield Error(
            f"LAYERSTORE_PUBLIC_URL is {settings.LAYERSTORE_PUBLIC_URL}: passwords and tokens would travel in the clear.",
            hint="Set it to the https:// address that buyers use. TLS ends at nginx or before it.",
            id="layerstore.E001",
        )
    if url.path or url.query or url.username:
        yield Error("LAYERSTORE_PUBLIC_URL is more than scheme and host: image names begin with the host alone.", id="layerstore.E002")
    if any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield Error("LAYERSTORE_ALLOWED_HOSTS has a wildcard.", hint="Name the hosts, or leave it unset.", id="layerstore.E003")


def _secrets() -> Iterator[CheckMessage]:
    found = {
        "LAYERSTORE_SECRET_KEY": [settings.SECRET_KEY],
        "LAYERSTORE_TOKEN_KEYS": settings.LAYERSTORE_TOKEN_KEYS,
        "LAYERSTORE_EVENTS_SECRET": [settings.LAYERSTORE_EVENTS_SECRET],
    }
    for name, values in found.items():
        if not values or any(len(value) < SHORTEST_SECRET for value in values):
            yield Error(
                f"{name} is shorter than {SHORTEST_SECRET} characters.", hint="Make one with: openssl rand -hex 32", id="layerstore.E004"
            )
    everything = [value for values in found.values() for value in values]
    if len(set(everything)) < len(everything):
        yield Error("Two secrets are the same.", hint="Each is for one purpose: a leak of one must not open another.", id="layerstore.E005")


def _browser() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Critical("DEBUG is on: error pages would show secrets.", id="layerstore.E006")
    if settings.SECURE_HSTS_SECONDS < A_MONTH:
        yield Error("SECURE_HSTS_SECONDS is shorter than a month.", id="layerstore.E007")
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Error("Cookies may travel without TLS.", hint="Set SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE.", id="layerstore.E008")
    if not settings.LAYERSTORE_SECOND_FACTOR_FOR_STAFF:
        yield Error("Staff reach the admin without a second factor.", hint="Set LAYERSTORE_SECOND_FACTOR_FOR_STAFF.", id="layerstore.E009")


@register
def engines_can_be_reached(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001  Django passes it
    """Check that an engine that was switched on has its client installed and an address, before anybody needs it."""
    return [*_clients(), *_places()] if settings.LAYERSTORE_PRODUCTION else []


def _clients() -> Iterator[CheckMessage]:
    engines = {
        "LAYERSTORE_EVENTS is kafka": (settings.LAYERSTORE_EVENTS == "kafka", "confluent_kafka"),
        "LAYERSTORE_LEASES is dynamodb": (settings.LAYERSTORE_LEASES == "dynamodb", "boto3"),
        "LAYERSTORE_MEDIA_BUCKET is set": (settings.STORAGES["default"]["BACKEND"] == BUCKET, "storages"),
    }
    for setting, (is_on, module) in engines.items():
        if is_on and find_spec(module) is None:
            yield Error(f"{setting}, but {module} is not installed.", hint="Install requirements/cluster.txt.", id="layerstore.E011")


def _places() -> Iterator[CheckMessage]:
    if settings.LAYERSTORE_EVENTS == "kafka" and not settings.LAYERSTORE_KAFKA["bootstrap.servers"]:
        yield Error(
            "LAYERSTORE_EVENTS is kafka, but no broker is named.", hint="Set LAYERSTORE_KAFKA to host:port, …", id="layerstore.E012"
        )
    if settings.LAYERSTORE_LEASES == "dynamodb" and find_spec("boto3") and not (settings.LAYERSTORE_LEASES_REGION or _sdk_region()):
        yield Error(
            "LAYERSTORE_LEASES is dynamodb, but no region is named.",
            hint="Set LAYERSTORE_LEASES_REGION, as in eu-central-1.",
            id="layerstore.E013",
        )


def _sdk_region() -> str | None:
    import boto3  # noqa: PLC0415  where DynamoDB is not switched on, it is not installed

    return boto3.Session().region_name


@register(Tags.database)
def no_demo_accounts(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  Django passes it
    databases: Iterable[str] | None = None,
    **_kwargs: Any,
) -> list[CheckMessage]:
    """Check that the database is not that of a demo, whose passwords have been printed on a terminal."""
    if not settings.LAYERSTORE_PRODUCTION or not databases:
        return []
    try:
        names = _demo_accounts()
    except DatabaseError:
        # Before the first migration there is no table; and while the database is away, the process serves 503 instead of ending.
        return []
    if not names:
        return []
    return [
        Error(
            f"The database has demo accounts: {', '.join(names)}.",
            hint="Use a database of its own, or switch these accounts off.",
            id="layerstore.E010",
        )
    ]


def _demo_accounts() -> list[str]:
    demo = Q()
    for domain in DEMO_DOMAINS:
        demo |= Q(email__iendswith=domain)
    return list(get_user_model().objects.filter(demo, is_active=True).order_by("username").values_list("username", flat=True)[:5])


def refuse_unsafe() -> None:
    """Run all checks once, under production settings; elsewhere do nothing.

    Raises:
        ImproperlyConfigured: with every fault and what to do about it.
    """
    if not settings.LAYERSTORE_PRODUCTION:
        return
    faults = [message for message in run_checks(databases=[DEFAULT_DB_ALIAS]) if message.is_serious()]
    if faults:
        raise ImproperlyConfigured("Layerstore does not start like this:\n" + "\n".join(str(fault) for fault in faults))
