"""Nothing that was pushed to an image that somebody has is deleted, whoever asks."""

from uuid import uuid4

import pytest
from django.utils import timezone

from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.entitlements.services.grants import grant_entitlements, revoke_entitlements
from marketplace.images.errors import ImageStateConflict, SoldContentKept
from marketplace.images.services.take_downs import erase_image, restore_image, take_down_image
from marketplace.images.services.unreadable_manifests import ask_for_removal
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return UserFactory(staff=True)


def sell(image):
    """Let somebody get the image, and take it from them again: what was sold once is kept for good."""
    kind, source = Entitlement.Source.ORDER, uuid4()
    grant_entitlements(holder=UserFactory().account, images=[image], source_kind=kind, source_id=source)
    revoke_entitlements(source_kind=kind, source_id=source, reason="The order was refunded.")


def test_a_seller_removes_what_cannot_be_read_until_the_image_is_sold():
    image = ImageFactory(first_pushed_at=timezone.now())
    before, after = ManifestFactory.create_batch(2, image=image, described_at=None, last_error="unreadable")
    ask_for_removal(manifest=before, actor=image.owner.user)

    sell(image)
    with pytest.raises(SoldContentKept, match=f"Somebody has bought {image.repository}, so nothing of it is deleted"):
        ask_for_removal(manifest=after, actor=image.owner.user)

    after.refresh_from_db()
    assert after.removal_asked_at is None
    assert AuditEvent.objects.filter(action="manifest.removal_asked").count() == 1


def test_staff_delete_until_the_image_is_sold_and_pull_afterwards(staff):
    image = ImageFactory(first_pushed_at=timezone.now())

    def allowed():
        return allowed_actions(subject=Subject.of(staff), repositories=[image.repository])[image.repository]

    assert allowed() == {Action.PULL, Action.DELETE}
    sell(image)
    assert allowed() == {Action.PULL}


class TestErasing:
    def test_it_is_for_what_is_taken_down_needs_a_reason_and_ends_with_the_take_down(self, staff):
        image = ImageFactory(first_sold_at=timezone.now())
        with pytest.raises(ImageStateConflict, match="Take it down first"):
            erase_image(image=image, reason="A court wants it.", actor=staff)
        take_down_image(image=image, reason="malware", actor=staff)
        with pytest.raises(ReasonMissing):
            erase_image(image=image, reason=" ", actor=staff)
        image.refresh_from_db()
        assert image.erasure_asked_at is None

        erased = erase_image(image=image, reason="A court wants it.", actor=staff)

        assert erased.erasure_asked_at is not None
        event = AuditEvent.objects.get(action="image.erased")
        assert (event.actor, event.target_id, event.reason) == (staff, str(image.pk), "A court wants it.")
        with pytest.raises(ImageStateConflict, match="being erased already"):
            erase_image(image=image, reason="Once more.", actor=staff)
        assert restore_image(image=image, reason="It was another one.", actor=staff).erasure_asked_at is None


def test_staff_may_have_removed_what_cannot_be_read_for_its_owner():
    manifest = ManifestFactory(described_at=None, last_error="unreadable")

    ask_for_removal(manifest=manifest, actor=UserFactory(staff=True))

    manifest.refresh_from_db()
    assert manifest.removal_asked_at is not None
