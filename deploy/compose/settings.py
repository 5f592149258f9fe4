"""The first step of a composed shop: hand each part its settings as a file that only this part can read.

    python deploy/compose/settings.py shop    from the environment, which docker-compose.yml has checked
    python deploy/compose/settings.py demo    random secrets, made once and kept in the demo's own volume

Standard library only. Secrets travel in files on volumes, so `docker inspect` shows none.
"""

import json
import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

SETTINGS = Path("/srv/settings")
DEMO_SECRETS = Path("/srv/demo/secrets.json")
# Where each part finds the others: the names and sockets of docker-compose.yml.
PARTS = {
    "LAYERSTORE_DATABASE_URL": "postgresql://layerstore@/layerstore?host=/var/run/postgresql",
    "LAYERSTORE_REDIS_URL": "redis://redis:6379/0",
    "LAYERSTORE_REGISTRY_URL": "http://registry:5000",
    "LAYERSTORE_TOKEN_URL": "http://token:8000",
}
# What the registry trusts, by the name of its own setting: the authorities, or each key.
TRUSTED = {"rootcertbundle": "/srv/keys/bundle.pem", "jwks": "/srv/keys/jwks.json"}
REGISTRY = (
    "LAYERSTORE_PUBLIC_URL",
    "LAYERSTORE_SERVICE",
    "LAYERSTORE_EVENTS_SECRET",
    "LAYERSTORE_REGISTRY_SECRET",
    "LAYERSTORE_REGISTRY_TRUST",
    "LAYERSTORE_TRUSTED_KEYS",
)
NOT_FOR_THE_SHOP = {
    "LAYERSTORE_PUBLIC_HOST",
    "LAYERSTORE_PUBLIC_SCHEME",
    "LAYERSTORE_REGISTRY_SECRET",
    "LAYERSTORE_TRUSTED_KEYS",
    "LAYERSTORE_PORT",
    "LAYERSTORE_SANDBOX_PORT",
}
EDGE = ("LAYERSTORE_PUBLIC_URL", "LAYERSTORE_PUBLIC_HOST", "LAYERSTORE_PUBLIC_SCHEME")


def demo_secrets(file: Path) -> dict[str, str]:
    """Return the demo's random secrets, made by the first call."""
    if not file.exists():
        made = {
            "LAYERSTORE_SECRET_KEY": secrets.token_urlsafe(48),
            "LAYERSTORE_TOKEN_KEYS": secrets.token_urlsafe(48),
            "LAYERSTORE_EVENTS_SECRET": secrets.token_urlsafe(32),
            "LAYERSTORE_REGISTRY_SECRET": secrets.token_urlsafe(32),
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        }
        write(file, json.dumps(made, indent=2) + "\n", mode=0o600)
    return dict(json.loads(file.read_text(encoding="utf-8")))


def demo_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a shop on this machine's loopback, with the sandbox for Stripe and mail."""
    port, sandbox_port = (int(environment[f"LAYERSTORE_{name}"]) for name in ("PORT", "SANDBOX_PORT"))
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    return demo_secrets(DEMO_SECRETS) | {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "LAYERSTORE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LAYERSTORE_ALLOWED_HOSTS": "127.0.0.1,web",  # the sandbox posts its webhooks to web itself
        "LAYERSTORE_EMAIL_URL": "smtp://sandbox:2525",
        "LAYERSTORE_MAILBOX_URL": f"{sandbox}/mailbox",
        "LAYERSTORE_SANDBOX_URL": sandbox,
        "STRIPE_API_BASE": "http://sandbox:8000",
    }


def shop_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the operator has set, under production settings."""
    supplied = {name: value for name, value in environment.items() if value and name.startswith(("LAYERSTORE_", "STRIPE_"))}
    return {"DJANGO_SETTINGS_MODULE": "config.settings.production"} | supplied


def completed(settings: Mapping[str, str]) -> dict[str, str]:
    """Add what follows from the rest: where the parts are, what the registry reads, and the pieces of the public address."""
    trust = settings.get("LAYERSTORE_REGISTRY_TRUST", "rootcertbundle")
    if trust not in TRUSTED:
        sys.exit(f"LAYERSTORE_REGISTRY_TRUST: {trust} is neither of {', '.join(TRUSTED)}")
    url = urlsplit(settings["LAYERSTORE_PUBLIC_URL"].rstrip("/"))
    derived = {
        "LAYERSTORE_PUBLIC_URL": url.geturl(),
        "LAYERSTORE_PUBLIC_HOST": url.netloc,
        "LAYERSTORE_PUBLIC_SCHEME": url.scheme,
        "LAYERSTORE_REGISTRY_TRUST": trust,
        "LAYERSTORE_TRUSTED_KEYS": TRUSTED[trust],
    }
    return PARTS | {"LAYERSTORE_SERVICE": "layerstore"} | dict(settings) | derived


def write(file: Path, text: str, *, mode: int) -> None:
    """Write a file so that it appears as a whole, and never with a wider mode."""
    aside = file.with_name(f".{file.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as handle:
        os.fchmod(handle.fileno(), mode)
        handle.write(text)
    aside.replace(file)


def as_shell(settings: Mapping[str, str]) -> str:
    """Return lines that a shell reads back as they were."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items()))


def hand_out(settings: Mapping[str, str], folder: Path = SETTINGS) -> None:
    """Write one file for each part: all settings for the shop, and for registry and edge only what they need."""
    shop = {name: value for name, value in settings.items() if name not in NOT_FOR_THE_SHOP}
    write(folder / "shop" / "environment", as_shell(shop), mode=0o640)
    write(folder / "registry" / "environment", as_shell({name: settings[name] for name in REGISTRY}), mode=0o640)
    write(folder / "edge" / "environment", as_shell({name: settings[name] for name in EDGE}), mode=0o644)


if __name__ == "__main__":
    makers = {"shop": shop_settings, "demo": demo_settings}
    hand_out(completed(makers[sys.argv[1]](os.environ)))
