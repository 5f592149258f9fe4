"""Keys that change under a registry that runs."""

from datetime import timedelta

import jwt
import pytest
from django.utils import timezone

from marketplace.images.oci import MANIFEST
from tests.support.real_registry import scope
from tests.support.registry import OciImage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("age_of_keys", [timedelta(days=61)])
def test_rotation_needs_no_restart_and_fails_no_pull(registry, token_for, image, seller, buyer, key_store):
    OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    path, tokens, now = f"/v2/{image.repository}/manifests/1.0", [], timezone.now()

    def pull():
        tokens.append(token_for(buyer, scope(image)))
        return registry.ask("HEAD", path, tokens[-1], headers={"Accept": MANIFEST}).status_code

    steps = [
        lambda: key_store.renew(now=now),
        lambda: key_store.add(now=now),
        lambda: key_store.promote(now=now),
        lambda: key_store.renew(now=now + timedelta(days=2)),
    ]
    statuses = [pull()]
    for step in steps:
        step()
        statuses.append(pull())

    assert statuses == [200] * 5
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 3
    assert len(key_store.index.leaves) == 1
    # Tokens of forgotten keys are good until their own end: they carry their certificate.
    assert [registry.ask("HEAD", path, token, headers={"Accept": MANIFEST}).status_code for token in tokens] == [200] * 5


def test_a_new_authority_shuts_the_old_one_out(start_registry, token_for, image, seller, buyer, key_store):
    now, path = timezone.now(), f"/v2/{image.repository}/manifests/1.0"
    with start_registry() as registry:
        OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
        leaked = token_for(buyer, scope(image))
    key_store.add_authority(now=now)
    with start_registry() as registry:
        assert registry.ask("HEAD", path, leaked, headers={"Accept": MANIFEST}).status_code == 200
        key_store.add(now=now)
        key_store.promote(now=now)
        assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 200
    key_store.drop_authorities()
    with start_registry() as registry:
        assert registry.ask("HEAD", path, leaked, headers={"Accept": MANIFEST}).status_code == 401
        assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 200
