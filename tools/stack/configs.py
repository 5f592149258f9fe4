"""The one place that fills the files of deploy/: every value a template wants is named here."""

import os
from pathlib import Path

from tools.stack.instance import ROOT, Instance, write_private
from tools.stack.templates import fill

DEPLOY = ROOT / "deploy"
MIME_TYPES = Path("/etc/nginx/mime.types")


def values(instance: Instance) -> dict[str, str]:
    """Return every gap's value for an instance of the local stack."""
    run = instance.var / "run"
    return {
        "LAYERSTORE_LISTEN": instance.host,
        "LAYERSTORE_PUBLIC_URL": instance.url,
        "LAYERSTORE_PUBLIC_HOST": instance.host,
        "LAYERSTORE_PUBLIC_SCHEME": "http",
        "LAYERSTORE_TRUSTED_PROXY": "",
        "LAYERSTORE_RESOLVER": "",
        "LAYERSTORE_CERTIFICATE": "",
        "LAYERSTORE_WEB_ADDRESS": upstream(instance, "web"),
        "LAYERSTORE_TOKEN_ADDRESS": upstream(instance, "token"),
        "LAYERSTORE_REGISTRY_ADDRESS": f"127.0.0.1:{instance.ports['registry']}",
        "LAYERSTORE_STATIC_ROOT": str(instance.var / "static"),
        "LAYERSTORE_MEDIA_ROOT": str(instance.var / "media"),
        "LAYERSTORE_ERRORS_ROOT": str(error_pages(instance)),
        "LAYERSTORE_RUN": str(run),
        "LAYERSTORE_LOG": str(instance.var / "log"),
        "LAYERSTORE_MIME_TYPES": str(MIME_TYPES),
        # Its workers read static files in folders of root's; on loopback, for a demo, they stay root.
        "LAYERSTORE_NGINX_USER": "user root;" if os.geteuid() == 0 else "",
        "LAYERSTORE_REGISTRY_ROOT": str(instance.var / "registry"),
        "LAYERSTORE_REGISTRY_LISTEN": f"127.0.0.1:{instance.ports['registry']}",
        "LAYERSTORE_REGISTRY_SECRET": instance.secrets["registry_secret"],
        "LAYERSTORE_REGISTRY_READONLY": "false",
        "LAYERSTORE_SERVICE": "layerstore",
        "LAYERSTORE_REGISTRY_TRUST": "rootcertbundle",
        "LAYERSTORE_TRUSTED_KEYS": str(certificate_bundle(instance)),
        "LAYERSTORE_INNER_URL": instance.inner_url,
        "LAYERSTORE_EVENTS_SECRET": instance.secrets["events_secret"],
    }


def upstream(instance: Instance, part: str) -> str:
    """Return the addresses of a part's copies, as they follow `server` in an upstream of the template."""
    return " max_fails=0; server ".join(f"unix:{instance.socket(name)}" for name in instance.copied(part))


def certificate_bundle(instance: Instance) -> Path:
    """Return the file with the CA certificates that registries trust; `manage.py signing_keys` writes it."""
    return instance.var / "keys" / "bundle.pem"


def error_pages(instance: Instance) -> Path:
    """Return the folder of the pages that the edge shows when nobody behind it answers."""
    return instance.var / "run" / "errors"


def write_configs(instance: Instance) -> None:
    """Write the configuration of every part that has one under var/run."""
    run = instance.var / "run"
    known = values(instance)
    write_private(run / "nginx.conf", fill(DEPLOY / "nginx" / "nginx.conf.template", known))
    write_private(run / "layerstore.conf", fill(DEPLOY / "nginx" / "layerstore.conf.template", known))
    write_private(run / "registry.yml", fill(DEPLOY / "registry" / "2.8.yml.template", known))
    # An empty file: the machine's daemon.json is meant for the machine's daemon.
    write_private(run / "dockerd.json", "{}\n")
