"""`manage.py why_not_pull IMAGE`: the same answer as on the page, for staff at a terminal, about any account."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.tokens.models import AccessToken
from registry_auth.why.diagnosis import Login, why_not_pull
from registry_auth.why.references import NotAnImage


class Command(BaseCommand):
    """Parse, ask, print."""

    help = "Say why a user, a credential or an anonymous client cannot pull an image."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("image", help="A name, or the line that docker printed.")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--user", default="", help="A user name.")
        who.add_argument("--token-id", type=UUID, help="The id of an access token, as the admin shows it.")

    def handle(self, *_args: Any, image: str, user: str, token_id: UUID | None, **_options: Any) -> None:
        token = AccessToken.objects.select_related("user__account").filter(pk=token_id).first() if token_id else None
        if token_id and token is None:
            raise CommandError("There is no access token with this id.")
        try:
            answer = why_not_pull(image=image, login=Login(username=user, token=token), viewer=None, tells_all=True)
        except NotAnImage as error:
            raise CommandError(error.message) from error
        lines = (f"{answer.reason}: {answer.sentence}", answer.next_step, answer.command, answer.url)
        self.stdout.write("\n".join(line for line in lines if line))
