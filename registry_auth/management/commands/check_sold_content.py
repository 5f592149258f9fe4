"""`manage.py check_sold_content`: is all that was sold in the registry, whole? Asked before and after garbage is collected."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.sold_content import SoldContent


class Command(BaseCommand):
    """Ask, print each damage, and end with status 1 if there is one."""

    help = "Ask the registry for every manifest and every blob of what was sold; print how many manifests were checked."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            with RegistryClient() as registry:
                content, damaged = SoldContent(registry), 0
                for damage in content.damages():
                    damaged += 1
                    self.stderr.write(str(damage))
        except RegistryAway as error:
            raise CommandError(error.message) from error
        if damaged:
            raise CommandError(f"{damaged} parts of what was sold are missing or damaged; {content.checked} manifests were checked.")
        self.stdout.write(str(content.checked))
