from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from audit.models import AuditEvent
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.errors import ImageStateConflict
from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from marketplace.images.services import expiry
from marketplace.images.services.expiry import end_expired_reservations, free_name, names_to_free, revive_reservation, warn_of_expiry
from marketplace.images.services.manifests import record_push
from marketplace.images.services.reservations import release_image, reserve_image
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, NamespaceFactory, PushedImageFactory, digest_of, expired_days_ago

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def image():
    """Reserved at this moment, for thirty days; a week of notice."""
    namespace = NamespaceFactory()
    return reserve_image(namespace=namespace, name="db", actor=namespace.owner.user)


def push(image, at=None):
    return record_push(
        repository=image.repository, digest=digest_of("late"), media_type=MANIFEST, size=1, tag="1.0", at=at or timezone.now()
    )


def test_nobody_is_warned_more_than_a_week_before_the_end(image):
    assert warn_of_expiry(now=image.expires_at - 7 * DAY - MINUTE) == 0
    assert not OutgoingMail.objects.exists()


def test_the_owner_is_warned_by_one_mail(image):
    now = image.expires_at - 7 * DAY

    assert warn_of_expiry(now=now) == 1
    assert warn_of_expiry(now=now + DAY) == 0

    letter = OutgoingMail.objects.get()
    image.refresh_from_db()
    assert (letter.to, image.expiry_warned_at) == (image.owner.user.email, now)
    assert image.repository in letter.subject
    assert f"docker push layerstore.test:8080/{image.repository}" in letter.body_text
    assert str(image.pk) in letter.body_text
    assert mail.outbox == []  # written down, sent later


def test_a_warned_reservation_ends_in_its_time_and_not_before(image):
    warn_of_expiry(now=image.expires_at - 7 * DAY)

    assert end_expired_reservations(now=image.expires_at - MINUTE) == 0
    assert end_expired_reservations(now=image.expires_at) == 1
    assert end_expired_reservations(now=image.expires_at) == 0

    image.refresh_from_db()
    assert (image.ended_at, image.end_kind, image.freed_at) == (image.expires_at, Image.End.EXPIRED, None)
    allowed = allowed_actions(subject=Subject.of(image.owner.user), repositories=[image.repository])
    assert allowed == {image.repository: {Action.PULL}}
    assert AuditEvent.objects.filter(action="image.expired", actor=None, target_id=str(image.pk)).count() == 1


def test_nothing_ends_without_a_warning_and_its_notice(image):
    late = image.expires_at + 3 * DAY
    assert end_expired_reservations(now=late) == 0

    warn_of_expiry(now=late)

    assert end_expired_reservations(now=late + 7 * DAY - MINUTE) == 0
    assert end_expired_reservations(now=late + 7 * DAY) == 1


def test_a_lifetime_shorter_than_the_notice_does_not_wait_for_the_notice(image, settings):
    settings.LAYERSTORE_RESERVATION_LIFETIME = DAY
    warn_of_expiry(now=image.expires_at - DAY)

    assert end_expired_reservations(now=image.expires_at) == 1


@pytest.mark.parametrize("kept_by", ["push", "sale", "release"])
def test_what_was_pushed_sold_or_given_up_is_neither_warned_of_nor_ended(kept_by):
    image = {"push": PushedImageFactory, "sale": ImageFactory, "release": ImageFactory}[kept_by]()
    if kept_by == "sale":
        Image.objects.update(first_sold_at=timezone.now())
    if kept_by == "release":
        release_image(image=image, reason="", actor=image.owner.user)
    Image.objects.update(expires_at=timezone.now() - DAY)

    assert warn_of_expiry(now=timezone.now()) == 0
    Image.objects.update(expiry_warned_at=timezone.now() - 30 * DAY)
    assert end_expired_reservations(now=timezone.now()) == 0


def test_state_is_read_again_under_the_lock(image):
    push(image)
    now = image.expires_at + 9 * DAY

    assert expiry._warn(image.pk, now=now) is False
    assert expiry._end(image.pk, now=now) is False

    assert Image.objects.get().is_live
    assert not OutgoingMail.objects.exists()


def test_a_name_is_free_only_when_the_last_push_tokens_are_dead():
    ended = ImageFactory(**expired_days_ago(0))

    assert names_to_free(now=ended.ended_at + timedelta(minutes=31) - timedelta(seconds=1)) == []
    assert names_to_free(now=ended.ended_at + timedelta(minutes=31)) == [ended]


@pytest.mark.parametrize("used", ["first_pushed_at", "first_sold_at", "freed_at"])
def test_a_pushed_sold_or_freed_name_is_not_to_be_freed(used):
    image = ImageFactory(**expired_days_ago(9), **{used: timezone.now()})

    assert names_to_free(now=timezone.now()) == []
    before = Image.objects.values().get()
    with pytest.raises(ImageStateConflict):
        free_name(image=image)
    assert Image.objects.values().get() == before


def test_a_live_name_is_not_freed(image):
    with pytest.raises(ImageStateConflict):
        free_name(image=image)

    assert Image.objects.get().freed_at is None


def test_a_freed_name_can_be_reserved_again_and_its_owner_is_told():
    image = ImageFactory(**expired_days_ago(1))

    freed = free_name(image=image)

    assert freed.freed_at is not None
    assert reserve_image(namespace=image.namespace, name=image.name, actor=image.owner.user).pk != image.pk
    assert OutgoingMail.objects.get().subject == f"Your reservation of {image.repository} has ended"
    assert AuditEvent.objects.filter(action="image.freed", target_id=str(image.pk)).exists()


def test_who_gave_a_name_up_gets_no_mail():
    image = ImageFactory()
    release_image(image=image, reason="", actor=image.owner.user)

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        free_name(image=image)

    assert not OutgoingMail.objects.exists()


def test_a_push_that_was_under_way_brings_an_expired_reservation_back():
    image = ImageFactory(**expired_days_ago(0))

    push(image)

    image.refresh_from_db()
    assert (image.is_live, image.was_pushed, image.end_kind, image.end_reason) == (True, True, "", "")
    assert AuditEvent.objects.filter(action="image.revived").count() == 1


def test_a_push_to_a_name_that_was_given_up_makes_it_a_tombstone():
    image = ImageFactory(**{**expired_days_ago(1), "end_kind": Image.End.RELEASED})

    push(image)

    image.refresh_from_db()
    assert (image.is_live, image.was_pushed) == (False, True)
    assert names_to_free(now=timezone.now()) == []


def test_what_the_registry_has_after_all_keeps_the_name():
    image = ImageFactory(**expired_days_ago(1))

    assert revive_reservation(image=image).is_live
    first = Image.objects.get().first_pushed_at
    assert revive_reservation(image=image).first_pushed_at == first

    assert names_to_free(now=timezone.now() + 9 * DAY) == []


def test_a_freed_name_is_not_revived():
    image = ImageFactory(**expired_days_ago(1), freed_at=timezone.now())

    with pytest.raises(ImageStateConflict):
        revive_reservation(image=image)

    assert Image.objects.get().first_pushed_at is None


def test_a_sold_name_stays_when_its_buyer_is_refunded():
    entitlement = EntitlementFactory(image=ImageFactory(first_sold_at=timezone.now()), revoked=True, buyer=UserFactory())
    image = entitlement.image
    release_image(image=image, reason="", actor=image.owner.user)

    assert names_to_free(now=timezone.now() + DAY) == []
