from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_new_account_shows_what_is_not_set_yet(client: Client) -> None:
    client.force_login(UserFactory())

    context = client.get("/account/").context

    assert (context["email_verified"], context["second_factor"], context["seller"], context["token_count"]) == (True, False, None, 0)


def test_organisations_and_invitations_are_counted(client: Client) -> None:
    user = MembershipFactory().user
    InvitationFactory(email=user.email)
    client.force_login(user)

    page = client.get("/account/")

    assert (page.context["organisation_count"], page.context["invitation_count"]) == (1, 1)
    assert "You belong to 1. 1 invitation for you." in page.content.decode()


def test_a_grown_account_shows_what_is_set(client: Client) -> None:
    user = UserFactory(verified=False)
    seller = SellerFactory(user=user)
    AccessTokenFactory(user=user)
    AccessTokenFactory(user=user, revoked_at=timezone.now())
    AccessTokenFactory(user=user, expires_at=timezone.now() - timedelta(days=1))
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    client.force_login(user)

    context = client.get("/account/").context

    assert (context["email_verified"], context["second_factor"], context["seller"], context["token_count"]) == (False, True, seller, 1)
