"""The environment that the parts of a stack see: what we set, and nothing that happens to be set in the user's shell."""

import shlex
from collections.abc import Mapping, MutableMapping
from importlib.util import find_spec
from typing import Final

from tools.stack.instance import ROOT, Instance, write_private
from tools.stack.packages import SYSTEM_PATH
from tools.stack.problems import Problem

# Kept from the user: where things are and how text is written. Proxies are left out on purpose, the parts talk on loopback
# only, and a client that honoured http_proxy would send a test payment through it.
KEPT: Final = ("HOME", "LANG", "LC_ALL", "TERM", "TZ", "TMPDIR")


def forget_stripe(environment: MutableMapping[str, str]) -> None:
    """Take every STRIPE_* variable away: the demo and the tests only ever speak to the sandbox.

    Raises:
        Problem: one of the variables holds a live key; nothing is started beside real money.
    """
    live = [name for name, value in environment.items() if value.startswith(("sk_live_", "rk_live_"))]
    if live:
        do = f"run: unset {' '.join(live)}  (this command only ever uses the sandbox)"
        raise Problem(f"The environment holds a live Stripe key ({', '.join(live)}).", do=do)
    for name in [name for name in environment if name.startswith("STRIPE_")]:
        del environment[name]


def plain_environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return the little that every program of the stack needs."""
    return {name: outer[name] for name in KEPT if name in outer} | {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{SYSTEM_PATH}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "LANG": outer.get("LANG", "C.UTF-8"),
        "HOME": outer.get("HOME", "/"),
    }


def switches(outer: Mapping[str, str]) -> dict[str, str]:
    """Return what the user switched on that a stack can run with: the event stream, on brokers of their own.

    Raises:
        Problem: its client is not installed, for one machine needs none.
    """
    asked = {name: value for name, value in outer.items() if name == "LAYERSTORE_EVENTS" or name.startswith("LAYERSTORE_KAFKA")}
    if has_stream(asked) and find_spec("confluent_kafka") is None:
        raise Problem("Kafka's client is not in .venv.", do="run: script/bootstrap test")
    return asked


def has_stream(settings: Mapping[str, str]) -> bool:
    """Whether events go through Kafka."""
    return settings.get("LAYERSTORE_EVENTS") == "kafka"


def shop_environment(instance: Instance) -> dict[str, str]:
    """Return what config/env.py reads, for this instance."""
    secrets = instance.secrets
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "LAYERSTORE_PUBLIC_URL": instance.url,
        "LAYERSTORE_SECRET_KEY": secrets["secret_key"],
        "LAYERSTORE_TOKEN_KEYS": secrets["token_key"],
        "LAYERSTORE_EVENTS_SECRET": secrets["events_secret"],
        "LAYERSTORE_DATABASE_URL": f"postgresql://layerstore@/layerstore?host={instance.sockets / 'postgres'}",
        "LAYERSTORE_REDIS_URL": f"unix://{instance.socket('redis')}",
        "LAYERSTORE_SERVICE": "layerstore",
        "LAYERSTORE_KEYS_DIR": str(instance.var / "keys"),
        "LAYERSTORE_REGISTRY_URL": instance.registry_url,
        "LAYERSTORE_MEDIA_ROOT": str(instance.var / "media"),
        "LAYERSTORE_STATIC_ROOT": str(instance.var / "static"),
        "LAYERSTORE_EMAIL_URL": f"smtp://127.0.0.1:{instance.ports['mail']}",
        "LAYERSTORE_MAIL_FROM": "Layerstore <no-reply@layerstore.example>",
        "LAYERSTORE_MAILBOX_URL": f"{instance.sandbox_url}/mailbox/",
        "LAYERSTORE_SANDBOX_URL": instance.sandbox_url,
        # Read by prometheus_client: every process writes its numbers there, and /metrics adds them up.
        "PROMETHEUS_MULTIPROC_DIR": str(instance.var / "metrics"),
        "STRIPE_SECRET_KEY": secrets["stripe_secret_key"],
        "STRIPE_WEBHOOK_SECRET": secrets["stripe_webhook_secret"],
        "STRIPE_API_BASE": instance.sandbox_url,
    }


def write_environment(instance: Instance) -> None:
    """Write var/env: with `. var/env` a shell's manage.py speaks to this instance."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in shop_environment(instance).items()]
    write_private(instance.var / "env", "# For manage.py by hand:  . var/env; .venv/bin/python manage.py shell\n" + "\n".join(lines) + "\n")
