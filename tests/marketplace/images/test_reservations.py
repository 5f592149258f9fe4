import pytest
from django.utils import timezone

from accounts.people.errors import EmailNotVerified
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.errors import (
    ImageNameAlreadyReserved,
    ImageOnSale,
    ImageQuotaReached,
    ImageStateConflict,
    InvalidImageName,
    NotYours,
    SellerIsSuspended,
)
from marketplace.images.models import Image
from marketplace.images.services.reservations import release_image, reserve_image
from marketplace.images.services.take_downs import restore_image, take_down_image
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    expired_days_ago,
)

pytestmark = pytest.mark.django_db


def may(user, image):
    return allowed_actions(subject=Subject.of(user), repositories=[image.repository])[image.repository]


def test_a_reserved_name_is_its_owners_to_push_to(settings):
    namespace = NamespaceFactory(name="acme")
    owner = namespace.owner.user

    image = reserve_image(namespace=namespace, name="db", actor=owner)

    assert (image.repository, image.owner, image.reserved_by) == ("acme/db", owner.account, owner)
    assert image.expires_at - image.reserved_at == settings.LAYERSTORE_RESERVATION_LIFETIME
    assert image.reference == "layerstore.test:8080/acme/db"
    assert may(owner, image) == {Action.PULL, Action.PUSH}
    event = AuditEvent.objects.get(action="image.reserved")
    assert (event.actor, event.target_id, event.target_label) == (owner, str(image.pk), "acme/db")


def refuse(refusal, **asked):
    before, trail = list(Image.objects.values().order_by("pk")), AuditEvent.objects.count()
    with pytest.raises(refusal) as refused:
        reserve_image(**asked)
    assert list(Image.objects.values().order_by("pk")) == before
    assert AuditEvent.objects.count() == trail
    return refused.value


@pytest.mark.parametrize("name", ["..", "%2e", "a//b", "-a", "a\x00", "DB", "a" * 256, "db/", "acme/db:latest"])
def test_an_odd_name_is_not_reserved(name):
    namespace = NamespaceFactory()

    refuse(InvalidImageName, namespace=namespace, name=name, actor=namespace.owner.user)


def test_a_name_that_is_too_long_with_the_host_is_not_reserved(settings):
    settings.LAYERSTORE_IMAGE_HOST = "h" * 200
    namespace = NamespaceFactory()

    refuse(InvalidImageName, namespace=namespace, name="b" * 100, actor=namespace.owner.user)


def test_nobody_reserves_in_a_foreign_namespace_not_even_staff():
    namespace = NamespaceFactory()

    refuse(NotYours, namespace=namespace, name="db", actor=UserFactory())
    refuse(NotYours, namespace=namespace, name="db", actor=UserFactory(staff=True))


def test_a_verified_address_and_good_standing_are_needed():
    namespace = NamespaceFactory()
    owner = namespace.owner.user
    owner.emailaddress_set.update(verified=False)

    refuse(EmailNotVerified, namespace=namespace, name="db", actor=owner)

    owner.emailaddress_set.update(verified=True)
    namespace.owner.seller.suspended_at, namespace.owner.seller.suspension_reason = timezone.now(), "Fraud."
    namespace.owner.seller.save()
    refuse(SellerIsSuspended, namespace=namespace, name="db", actor=owner)


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({}, id="reserved"),
        pytest.param(expired_days_ago(1), id="ended, a push may still arrive"),
        pytest.param({**expired_days_ago(9), "first_pushed_at": timezone.now()}, id="tombstone: pushed"),
        pytest.param({**expired_days_ago(9), "first_sold_at": timezone.now()}, id="tombstone: sold"),
    ],
)
def test_a_taken_name_is_not_reserved_twice(state):
    taken = ImageFactory(**state)

    error = refuse(ImageNameAlreadyReserved, namespace=taken.namespace, name=taken.name, actor=taken.owner.user)

    assert error.status == 409
    assert error.context == {"repository": taken.repository}


def test_a_freed_name_is_reserved_again_as_another_image():
    old = ImageFactory(**expired_days_ago(1), freed_at=timezone.now())

    new = reserve_image(namespace=old.namespace, name=old.name, actor=old.owner.user)

    assert new.pk != old.pk
    assert new.repository == old.repository


def test_the_same_name_in_two_namespaces_is_two_images():
    one, other = NamespaceFactory(), NamespaceFactory()
    reserve_image(namespace=one, name="db", actor=one.owner.user)

    assert reserve_image(namespace=other, name="db", actor=other.owner.user).repository == f"{other.name}/db"


def test_the_quota_counts_what_is_live_or_may_come_back():
    namespace = NamespaceFactory(image_quota=2)
    ImageFactory(namespace=namespace)
    expired = ImageFactory(namespace=namespace, **expired_days_ago(1))

    refuse(ImageQuotaReached, namespace=namespace, name="db", actor=namespace.owner.user)

    expired.freed_at = timezone.now()
    expired.save()
    assert reserve_image(namespace=namespace, name="db", actor=namespace.owner.user).is_live


def test_an_owner_gives_a_name_up_and_can_no_longer_push():
    image = ImageFactory()

    release_image(image=image, reason="", actor=image.owner.user)

    image.refresh_from_db()
    assert (image.is_live, image.end_kind, image.freed_at) == (False, Image.End.RELEASED, None)
    assert may(image.owner.user, image) == {Action.PULL}
    assert AuditEvent.objects.get(action="image.released").actor == image.owner.user


def test_a_pushed_name_that_is_given_up_is_a_tombstone_and_its_buyers_keep_pull():
    entitlement = EntitlementFactory()
    image = entitlement.image

    release_image(image=image, reason="No longer kept.", actor=image.owner.user)

    assert may(entitlement.holder.user, image) == {Action.PULL}
    with pytest.raises(ImageNameAlreadyReserved):
        reserve_image(namespace=image.namespace, name=image.name, actor=image.owner.user)


def changes_nothing(refusal, act, image, **asked):
    before, trail = Image.objects.filter(pk=image.pk).values().get(), AuditEvent.objects.count()
    with pytest.raises(refusal):
        act(image=image, **asked)
    assert Image.objects.filter(pk=image.pk).values().get() == before
    assert AuditEvent.objects.count() == trail


def test_a_stranger_releases_nothing_and_staff_say_why():
    image = ImageFactory()

    changes_nothing(NotYours, release_image, image, reason="Mine!", actor=UserFactory())
    changes_nothing(ReasonMissing, release_image, image, reason="", actor=UserFactory(staff=True))

    release_image(image=image, reason="Squatting.", actor=UserFactory(staff=True))
    assert AuditEvent.objects.get(action="image.released").reason == "Squatting."


def test_what_is_on_sale_or_has_ended_is_not_released():
    product = ProductFactory()
    image = product.images.get()

    changes_nothing(ImageOnSale, release_image, image, reason="", actor=image.owner.user)

    Product.objects.update(state=Product.State.WITHDRAWN)
    release_image(image=image, reason="", actor=image.owner.user)
    changes_nothing(ImageStateConflict, release_image, image, reason="", actor=image.owner.user)


def test_a_take_down_stops_everybody_and_a_restoration_gives_all_of_it_back():
    entitlement = EntitlementFactory()
    image, staff = entitlement.image, UserFactory(staff=True)

    take_down_image(image=image, reason="Malware.", actor=staff)

    assert may(entitlement.holder.user, image) == may(image.owner.user, image) == frozenset()
    assert may(staff, image) == {Action.PULL, Action.DELETE}
    restore_image(image=image, reason="It was clean.", actor=staff)
    assert may(entitlement.holder.user, image) == {Action.PULL}
    assert may(image.owner.user, image) == {Action.PULL, Action.PUSH}
    assert list(AuditEvent.objects.order_by("at").values_list("action", "reason", "actor")) == [
        ("image.taken_down", "Malware.", staff.pk),
        ("image.restored", "It was clean.", staff.pk),
    ]


@pytest.mark.parametrize("act", [take_down_image, restore_image])
def test_only_staff_take_down_and_restore_with_a_reason_and_once(act):
    image = PushedImageFactory()
    staff = UserFactory(staff=True)
    if act is restore_image:
        changes_nothing(ImageStateConflict, act, image, reason="Again.", actor=staff)
        take_down_image(image=image, reason="Malware.", actor=staff)

    changes_nothing(NotYours, act, image, reason="Mine.", actor=image.owner.user)
    changes_nothing(ReasonMissing, act, image, reason="\n", actor=staff)

    act(image=image, reason="Good reason.", actor=staff)
    changes_nothing(ImageStateConflict, act, image, reason="Again.", actor=staff)
