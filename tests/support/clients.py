"""Clients that are signed in, or carry an access token."""

from django.test import Client

from accounts.people.models import User
from tests.factories.accounts import AccessTokenFactory


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def api_of(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


def let_the_login_grow_old(client: Client) -> None:
    """Let what asks for a fresh login ask for it again."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 601
    session.save()
