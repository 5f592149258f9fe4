"""`manage.py make_staff USERNAME [--role ROLE]`: staff are appointed in a terminal, so that nobody gives themselves rights in the admin."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.people.models import User
from accounts.people.services import give_role, make_staff

ROLES = ("support", "finance", "moderation")


class Command(BaseCommand):
    """Parse, call the service, print."""

    help = "Make somebody who has signed up staff: with all rights, or in a role with the rights that it needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=ROLES, help="All rights if it is left out.")

    def handle(self, *_args: Any, username: str, role: str | None = None, **_options: Any) -> None:
        user = User.objects.filter(username=username.lower()).first()
        if user is None:
            raise CommandError(f"There is no user {username}. They have to sign up first.")
        if role:
            give_role(user=user, role=role)
        else:
            make_staff(user=user)
        self.stdout.write(f"{user.username} is staff{f' for {role}' if role else ''}, and may enter /admin/.")
