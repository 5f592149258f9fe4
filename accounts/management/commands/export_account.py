"""`manage.py export_account NAME > file`: what the shop holds of a person, for somebody who asks for it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from accounts.people.models import User
from accounts.privacy.selectors import export_personal_data


class Command(BaseCommand):
    """Parse, export, print."""

    help = "Print all that the shop holds of a person, as JSON. Make sure first that the request really comes from them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        user = User.objects.filter(username=username.lower()).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        self.stdout.write(json.dumps(export_personal_data(user), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
