"""Staff take a single image of a gift back: the gift says what is left of it, and ends with the last."""

import pytest
from django.test import Client

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.entitlements.errors import EntitlementIsRevoked
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift, GiftState
from marketplace.gifts.services.ending import revoke_gift, take_back_image
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, GiftFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory(staff=True)


@pytest.fixture
def bundle(product: Product) -> Product:
    return ProductFactory(namespace=product.namespace, images=PushedImageFactory.create_batch(2, namespace=product.namespace))


@pytest.fixture
def gift(bundle: Product) -> Gift:
    return GiftFactory(product=bundle, claimed=True)


def of_gift(gift: Gift) -> list[Entitlement]:
    return list(Entitlement.objects.filter(source_id=gift.source_id).order_by("image__repository"))


def test_what_is_left_of_a_gift_is_said(gift: Gift, staff: User, seller: User) -> None:
    taken, left = of_gift(gift)
    client = Client()
    client.force_login(staff)
    form = {"action": "take_back", "index": "0", "_selected_action": [str(taken.pk)], "act_confirmed": "yes", "reason": "Malware."}

    assert client.post("/admin/marketplace/entitlement/", form).status_code == 302

    gift.refresh_from_db()
    assert (gift.state, gift.revoked_at, OutgoingMail.objects.count()) == (GiftState.REDUCED, None, 0)
    assert [one.revocation_reason for one in of_gift(gift)] == ["Malware.", ""]
    assert AuditEvent.objects.get(action="gift.reduced").reason == "Malware."
    client.force_login(seller)
    page = client.get(f"/selling/gifts/{gift.pk}/")
    assert_sound(page)
    assert ["Partly revoked" in page.content.decode(), left.image.repository in page.content.decode()] == [True, True]
    assert taken.image.repository not in page.content.decode()
    assert "pill-warn" in client.get("/selling/gifts/").content.decode()
    client.force_login(staff)
    assert str(gift.source_id) in client.get(f"/admin/marketplace/gift/{gift.pk}/change/").content.decode()


def test_a_gift_ends_with_its_last_image_and_whoever_has_it_is_told(gift: Gift, staff: User) -> None:
    for one in of_gift(gift):
        take_back_image(entitlement=one, reason="Malware.", actor=staff)
    with pytest.raises(EntitlementIsRevoked):
        take_back_image(entitlement=of_gift(gift)[0], reason="Again.", actor=staff)

    gift.refresh_from_db()
    assert (gift.state, gift.revocation_reason) == (GiftState.REVOKED, "Malware.")
    assert OutgoingMail.objects.get().key.startswith(f"gift-ended:{gift.pk}")
    assert AuditEvent.objects.filter(action="gift.revoked").count() == 1


def test_the_rest_of_a_reduced_gift_is_taken_back_as_a_whole(gift: Gift, staff: User, seller: User) -> None:
    take_back_image(entitlement=of_gift(gift)[0], reason="Malware.", actor=staff)

    revoke_gift(gift=gift, reason="It was a mistake.", actor=seller)

    gift.refresh_from_db()
    assert (gift.state, [one.revocation_reason for one in of_gift(gift)]) == (GiftState.REVOKED, ["Malware.", "It was a mistake."])


def test_what_is_no_gift_ends_alone(gift: Gift, staff: User) -> None:
    given = EntitlementFactory(source_kind="staff", image=of_gift(gift)[0].image)
    without = EntitlementFactory(source_kind="seller", image=of_gift(gift)[0].image)

    for one in (given, without):
        assert take_back_image(entitlement=one, reason="A mistake.", actor=staff).revoked_at is not None

    gift.refresh_from_db()
    assert gift.state is GiftState.CLAIMED
