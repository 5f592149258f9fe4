import uuid

import pytest
from django.conf import LazySettings
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import NoReverseMatch

from common.web.links import absolute, absolute_path, canonical_address, image_reference, path_typed, token_realm


@pytest.fixture(autouse=True)
def _public_address(settings: LazySettings) -> None:
    settings.LAYERSTORE_PUBLIC_URL = "https://shop.layerstore.dev:8443"
    settings.LAYERSTORE_IMAGE_HOST = "shop.layerstore.dev:8443"


def test_a_view_s_address_is_what_the_url_configuration_says_under_the_public_address() -> None:
    order = uuid.UUID(int=1)

    assert absolute("marketplace:robots", "acme") == "https://shop.layerstore.dev:8443/account/organisations/acme/robots/"
    assert absolute("billing:order", order) == f"https://shop.layerstore.dev:8443/orders/{order}/"


def test_values_of_a_query_are_quoted() -> None:
    assert absolute("marketplace:search", q="a&b=ä") == "https://shop.layerstore.dev:8443/search/?q=a%26b%3D%C3%A4"


def test_a_view_that_is_not_there_is_an_error_not_a_dead_link() -> None:
    with pytest.raises(NoReverseMatch):
        absolute("marketplace:no-such-page")


def test_what_is_no_view_of_django_s_has_a_public_address_too() -> None:
    assert absolute_path("/acme/db") == "https://shop.layerstore.dev:8443/acme/db"
    assert token_realm() == "https://shop.layerstore.dev:8443/auth/token"
    assert image_reference("acme/db") == "shop.layerstore.dev:8443/acme/db"
    assert image_reference("acme/db", tag="1.0") == "shop.layerstore.dev:8443/acme/db:1.0"


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("/search/?q=redis&page=2", "/search/?page=2"),
        ("/search/?page=1", "/search/"),
        ("/search/?page=last", "/search/"),
        ("/search/?" + "a&" * 1100, "/search/"),  # more than is read
    ],
)
def test_the_one_address_of_a_page_keeps_the_number_of_a_later_page_alone(asked: str, address: str) -> None:
    assert canonical_address(RequestFactory().get(asked)) == f"https://shop.layerstore.dev:8443{address}"


def test_mails_spell_addresses_the_same_way() -> None:
    mail = Template('{% load links %}{% absolute "marketplace:robots" handle %}')

    assert mail.render(Context({"handle": "acme"})) == absolute("marketplace:robots", "acme")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (" acme/db/ ", "acme/db"),
        ("https://shop.layerstore.dev:8443/acme/db", "acme/db"),
        ("HTTPS://Shop.Layerstore.dev:8443/acme/db/?edition=Pro#about", "acme/db"),
        ("https://elsewhere.test/acme/db", "https://elsewhere.test/acme/db"),
    ],
)
def test_a_path_is_typed_or_pasted_with_the_whole_address(text: str, path: str) -> None:
    assert path_typed(text) == path
