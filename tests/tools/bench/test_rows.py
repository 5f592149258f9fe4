"""The rows of measurements are such as the shop makes: they say to the policy and to the pages what they are made to say."""

import pytest
from django.test import Client

from accounts.tokens.models import AccessToken
from accounts.tokens.secrets import secret_hash
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.models import Manifest, Tag
from tools.bench.rows import (
    make_access_token,
    make_entitlement,
    make_image,
    make_manifest,
    make_namespace,
    make_product,
    make_pushed_image,
    make_tag,
)

pytestmark = pytest.mark.django_db


def test_a_holder_may_pull_what_costs_money_and_a_stranger_what_is_free() -> None:
    namespace = make_namespace()
    sold, free = make_pushed_image(namespace), make_pushed_image(namespace)
    make_product(namespace, [sold], amount=500)
    make_product(namespace, [free])
    holder, _ = make_access_token()
    make_entitlement(holder.account, sold)
    names = [sold.repository, free.repository]

    assert allowed_actions(subject=Subject.of(holder), repositories=names) == dict.fromkeys(names, frozenset({Action.PULL}))
    assert allowed_actions(subject=Subject.anonymous(), repositories=names) == {
        sold.repository: frozenset(),
        free.repository: frozenset({Action.PULL}),
    }


def test_a_token_is_found_by_its_secret() -> None:
    user, secret = make_access_token()

    assert AccessToken.objects.get(secret_hash=secret_hash(secret)).user == user


def test_an_index_stands_above_its_parts() -> None:
    image = make_image(make_namespace("rows"), "db", pushed=True)
    part = make_manifest(image)

    tag = make_tag(make_manifest(image, children=[part.digest]), "2.0")

    assert (image.repository, tag.manifest.kind, tag.manifest.children) == ("rows/db", Manifest.Kind.INDEX, [part.digest])
    assert Tag.objects.get().name == "2.0"


def test_a_page_shows_the_product() -> None:
    namespace = make_namespace("rows")
    make_product(namespace, [make_pushed_image(namespace)], slug="db", texts={"title": "A database"})

    assert "A database" in Client().get("/rows/db").content.decode()
