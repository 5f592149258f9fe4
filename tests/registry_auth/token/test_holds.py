"""While garbage is collected nobody pushes, while anything holds the registry nobody deletes; pulls go on."""

from datetime import timedelta

import pytest

from registry_auth.upkeep.holds import begin_hold, end_hold
from registry_auth.upkeep.models import RegistryHold
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.registry_auth.conftest import access_of
from tests.registry_auth.token.conftest import pull_of, push_of

pytestmark = pytest.mark.django_db
BACKUP, COLLECTION = RegistryHold.Kind.BACKUP, RegistryHold.Kind.COLLECTION


@pytest.fixture
def staff():
    return AccessTokenFactory(user=UserFactory(staff=True))


def test_a_push_is_refused_with_the_time_while_garbage_is_collected_and_works_afterwards(ask, post, image, seller):
    hold = begin_hold(kind=COLLECTION, lasting=timedelta(hours=1))
    sentence = (
        f"pushes wait while the registry is being cleaned up, until {hold.ends_at:%H:%M} UTC at the latest; pulls go on, and nothing that was"
        " pushed is lost"
    )

    refused = ask(seller, push_of(image))
    by_form = post(grant_type="password", username=seller.user.username, password=seller.secret, scope=push_of(image))

    assert (refused.status_code, refused.json()["errors"]) == (403, [{"code": "DENIED", "message": sentence, "detail": None}])
    assert (by_form.status_code, by_form.json()["error"], by_form.json()["error_description"]) == (403, "invalid_scope", sentence)
    end_hold()
    assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}


def test_pulls_and_logins_go_on_while_garbage_is_collected(ask, image, seller, buyer):
    begin_hold(kind=COLLECTION)

    assert access_of(ask(seller, pull_of(image))) == {image.repository: ["pull"]}
    assert access_of(ask(buyer, pull_of(image))) == {image.repository: ["pull"]}
    assert access_of(ask(seller)) == {}


def test_pushes_go_on_during_a_backup(ask, image, seller):
    begin_hold(kind=BACKUP)

    assert access_of(ask(seller, push_of(image))) == {image.repository: ["pull", "push"]}


@pytest.mark.parametrize("kind", [BACKUP, COLLECTION])
def test_nobody_may_delete_while_a_hold_lasts(ask, image, staff, kind):
    everything, deletion = f"repository:{image.repository}:*", f"repository:{image.repository}:delete"
    assert access_of(ask(staff, everything)) == {image.repository: ["delete", "pull"]}
    begin_hold(kind=kind)

    assert access_of(ask(staff, everything)) == {image.repository: ["pull"]}
    assert access_of(ask(staff, deletion)) == {}
    assert access_of(ask(staff, "registry:catalog:*")) == {"catalog": ["*"]}


def test_somebody_elses_image_is_refused_as_ever(ask, image, buyer):
    begin_hold(kind=COLLECTION)

    assert access_of(ask(AccessTokenFactory(), push_of(image))) == {}
    assert access_of(ask(buyer, push_of(image))) == {image.repository: ["pull"]}
