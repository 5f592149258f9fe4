"""`manage.py signing_keys …`: the keys that sign registry tokens. The only place that reads the authority's private key."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry_auth.keys.index import endings
from registry_auth.keys.leaves import key_id
from registry_auth.keys.store import BUNDLE_FILE, JWKS_FILE, KeyChangeRefused, KeyStore, write_whole

_WHEN_TO_PROMOTE = {
    True: "`signing_keys promote` lets it sign.",
    False: f"Give {JWKS_FILE} to every registry and restart it; then `signing_keys promote` lets it sign.",
}


class Command(BaseCommand):
    """Parse, change the key directory, print the result."""

    help = "Make, rotate and list the keys that sign registry tokens."
    requires_system_checks: list[str] = []  # keys are made before the first start, when much else is missing

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, parser_class=ArgumentParser)
        acts.add_parser("init", help="Make the authority and a first key; leaves existing keys alone.")
        acts.add_parser("add", help="Make a key that waits.")
        acts.add_parser("promote", help="Let a waiting key sign; the former one is retired.").add_argument("kid", nargs="?")
        acts.add_parser("retire", help="Take a waiting key out of use.").add_argument("kid")
        acts.add_parser("renew", help="Do what is due; run it every day.")
        acts.add_parser("list", help="Show all keys.")
        acts.add_parser("bundle", help="Print the registries' rootcertbundle, or write it to a file.").add_argument("--output", type=Path)
        acts.add_parser("jwks", help="Print the registries' jwks, or write it to a file.").add_argument("--output", type=Path)
        acts.add_parser("add-authority", help="After a leak: make a new authority, trusted beside the old one.")
        acts.add_parser("drop-authorities", help="After a leak: trust the newest authority alone.")

    def handle(self, *_args: Any, act: str, **options: Any) -> None:
        store, now = KeyStore(settings.LAYERSTORE_KEYS_DIR), timezone.now()
        by_authority = settings.LAYERSTORE_REGISTRY_TRUST == "rootcertbundle"
        perform: dict[str, Callable[[], str]] = {
            "init": lambda: "Keys made." if store.init(now=now) else "There are keys already: nothing changed.",
            "add": lambda: f"{store.add(now=now).kid} waits. {_WHEN_TO_PROMOTE[by_authority]}",
            "promote": lambda: f"{store.promote(now=now, kid=options['kid']).kid} signs now. No registry needs a restart.",
            "retire": lambda: f"{store.retire(now=now, kid=options['kid']).kid} is retired.",
            "renew": lambda: "\n".join(store.renew(now=now, promotes=by_authority)) or "Nothing is due.",
            "list": lambda: _table(store, now),
            "bundle": lambda: _published("Bundle", store.index.bundle(), options["output"]),
            "jwks": lambda: _published("Keys", store.index.jwks(), options["output"]),
            "add-authority": lambda: (
                f"{key_id(store.add_authority(now=now))} is trusted by {BUNDLE_FILE}. Now `add`; give {BUNDLE_FILE} or {JWKS_FILE} to "
                "every registry and restart it; then `promote`, `drop-authorities`, and once more to every registry."
            ),
            "drop-authorities": lambda: f"No longer trusted: {', '.join(store.drop_authorities()) or 'none'}. Restart the registries.",
        }
        try:
            self.stdout.write(perform[act]())
        except KeyChangeRefused as error:
            raise CommandError(str(error)) from error


def _table(store: KeyStore, now: datetime) -> str:
    index = store.index
    lines = [f"{key_id(a)}  authority  ends {a.not_valid_after_utc:%Y-%m-%d}" for a in index.authorities]
    lines += [f"{leaf.kid}  {leaf.state.value:<9}  ends {leaf.not_after:%Y-%m-%d}" for leaf in index.leaves]
    lines += [f"Warning: {ending.what} ends {ending.at:%Y-%m-%d %H:%M} UTC." for ending in endings(store.directory, now=now)]
    return "\n".join(lines)


def _published(what: str, text: str, output: Path | None) -> str:
    if output is None:
        return text.rstrip("\n")
    write_whole(output, text.encode(), mode=0o644)
    return f"{what} written to {output}."
