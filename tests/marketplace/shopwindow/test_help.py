"""Help fills in real names, so that a command can be pasted as it is."""

from datetime import timedelta

import pytest
from django.test import Client

from marketplace.images.models import Namespace
from tests.factories.marketplace import FreeProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

PAGES = ["/how-it-works/", "/help/docker/", "/help/kubernetes/", "/help/ci/"]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_gets_placeholders(client: Client, path: str) -> None:
    assert_sound(client.get(path))


def test_how_it_works_says_how_long_a_refunded_image_can_still_be_pulled(client: Client, settings) -> None:
    settings.LAYERSTORE_PULL_TOKEN_LIFETIME = timedelta(minutes=9)

    assert "within 10 minutes." in client.get("/how-it-works/").content.decode()


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_member_gets_their_own_name_and_an_image_that_is_there(member_client: Client, namespace: Namespace, path: str) -> None:
    FreeProductFactory(namespace=namespace, images=[PushedImageFactory(namespace=namespace, name="logs")])

    html = member_client.get(path).content.decode()

    assert "mira" in html
    assert "layerstore.test:8080/acme/logs:1.0" in html


def test_the_ci_snippet_keeps_the_braces_of_its_language(client: Client) -> None:
    assert "${{ secrets.LAYERSTORE_TOKEN }}" in client.get("/help/ci/").content.decode()


def test_podman_and_its_kin_are_told_what_docker_s_identity_token_does_to_them(client: Client) -> None:
    page = client.get("/help/docker/").content.decode()

    assert "currently logged in, auth file contains an Identity token" in page
    for command in ("DOCKER_CONFIG=$(mktemp -d) podman login", "docker logout layerstore.test:8080"):
        assert command in page
