from collections import Counter

import pytest
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from marketplace.images.errors import (
    ImageNameAlreadyReserved,
    ImageQuotaReached,
    NamespaceLooksAlike,
    NamespaceQuotaReached,
    NamespaceTaken,
)
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.images.oci import MANIFEST
from marketplace.images.services.expiry import end_expired_reservations, free_name, warn_of_expiry
from marketplace.images.services.manifests import record_push
from marketplace.images.services.namespaces import choose_namespace
from marketplace.images.services.reservations import reserve_image
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, NamespaceFactory, digest_of, expired_days_ago
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes):
    return Counter(type(outcome) for outcome in outcomes)


def test_one_of_twenty_simultaneous_reservations_gets_the_name():
    namespace = NamespaceFactory()
    owner = namespace.owner.user

    outcomes = run_in_threads(20, lambda: reserve_image(namespace=namespace, name="db", actor=owner))

    assert kinds(outcomes) == {Image: 1, ImageNameAlreadyReserved: 19}
    assert Image.objects.count() == 1
    assert AuditEvent.objects.filter(action="image.reserved").count() == 1


def test_one_of_twenty_simultaneous_sellers_gets_the_namespace():
    users = UserFactory.create_batch(20)

    outcomes = run_in_threads(20, lambda number: choose_namespace(user=users[number], name="acme", display_name="Acme"))

    assert kinds(outcomes) == {Namespace: 1, NamespaceTaken: 19}
    assert Namespace.objects.count() == SellerProfile.objects.count() == 1


def test_of_twenty_names_that_look_alike_one_is_given():
    users = UserFactory.create_batch(20)
    names = ["acme", "ac-me", "ac.me", "acrne", "a-c-m-e"]

    outcomes = run_in_threads(20, lambda number: choose_namespace(user=users[number], name=names[number % 5], display_name="Acme"))

    assert kinds(outcomes)[Namespace] == 1
    assert set(kinds(outcomes)) <= {Namespace, NamespaceTaken, NamespaceLooksAlike}
    assert Namespace.objects.count() == 1


def test_the_quota_of_images_is_never_exceeded():
    namespace = NamespaceFactory(image_quota=3)
    owner = namespace.owner.user

    outcomes = run_in_threads(20, lambda number: reserve_image(namespace=namespace, name=f"image-{number}", actor=owner))

    assert kinds(outcomes) == {Image: 3, ImageQuotaReached: 17}
    assert Image.objects.count() == 3


def test_the_quota_of_namespaces_is_never_exceeded():
    user = UserFactory()

    outcomes = run_in_threads(20, lambda number: choose_namespace(user=user, name=f"house-{chr(97 + number)}", display_name="House"))

    assert kinds(outcomes) == {Namespace: 1, NamespaceQuotaReached: 19}
    assert Namespace.objects.count() == 1


def test_a_late_push_and_the_end_of_a_reservation_agree():
    for at in range(10):
        image = ImageFactory(name=f"late-{at}", **expired_days_ago(1))
        push = {
            "repository": image.repository,
            "digest": digest_of("x"),
            "media_type": MANIFEST,
            "size": 1,
            "tag": "1",
            "at": timezone.now(),
        }
        acts = [lambda: free_name(image=image), lambda: record_push(**push)]  # noqa: B023  called before the loop goes on

        run_in_threads(2, lambda number: acts[number]())  # noqa: B023  used up within its round

        image.refresh_from_db()
        assert (image.freed_at is None) == image.was_pushed == image.is_live == Manifest.objects.filter(image=image).exists()


def test_the_news_of_one_push_told_twenty_times_at_once_make_one_tag():
    image = ImageFactory()
    at = timezone.now()

    outcomes = run_in_threads(
        20,
        lambda: record_push(repository=image.repository, digest=digest_of("x"), media_type=MANIFEST, size=1, tag="1.0", at=at),
    )

    assert kinds(outcomes) == {Manifest: 20}
    assert (Manifest.objects.count(), Tag.objects.count()) == (1, 1)


def test_any_number_of_schedulers_warns_and_ends_once():
    ImageFactory(expires_at=timezone.now())

    warned = run_in_threads(8, lambda: warn_of_expiry(now=timezone.now()))
    Image.objects.update(expiry_warned_at=timezone.now().replace(year=2020))
    ended = run_in_threads(8, lambda: end_expired_reservations(now=timezone.now()))

    assert sum(warned) == sum(ended) == 1
    assert AuditEvent.objects.filter(action="image.expired").count() == 1
