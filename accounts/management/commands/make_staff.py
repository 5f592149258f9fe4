"""`manage.py make_staff USERNAME`: for the first member of staff, whom nobody else can appoint."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.people.models import User
from accounts.people.services import make_staff


class Command(BaseCommand):
    """Parse, call the service, print."""

    help = "Give somebody who has signed up all rights of staff. For the first member of staff."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        user = User.objects.filter(username=username.lower()).first()
        if user is None:
            raise CommandError(f"There is no user {username}. They have to sign up first.")
        make_staff(user=user)
        self.stdout.write(f"{user.username} is staff, and may enter /admin/.")
