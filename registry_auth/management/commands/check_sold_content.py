"""`manage.py check_sold_content`: is all that was sold in the registry, whole? Asked before and after garbage is collected."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.sold_content import SoldContent


class Command(BaseCommand):
    """Ask, print each damage, and end with status 1 if there is one."""

    help = "Ask the registry for every manifest and every blob of what was sold; print how many manifests were checked."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--spare", action="store_true", help="Also make sure that nothing of it is among the digests on standard input."
        )

    def handle(self, *_args: Any, spare: bool, **_options: Any) -> None:
        doomed = frozenset(sys.stdin.read().split()) if spare else frozenset()
        try:
            with RegistryClient() as registry:
                content, damaged = SoldContent(registry, doomed), 0
                for damage in content.damages():
                    damaged += 1
                    self.stderr.write(str(damage))
        except RegistryAway as error:
            raise CommandError(error.message) from error
        if damaged:
            raise CommandError(
                f"{damaged} parts of what was sold are missing, damaged or in danger; {content.checked} manifests were checked."
            )
        self.stdout.write(str(content.checked))
