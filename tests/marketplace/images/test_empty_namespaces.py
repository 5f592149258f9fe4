"""Namespaces that nothing came of end, and no name that anybody could be deceived by."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.services import create_access_token
from audit.models import AuditEvent
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements.policy import Subject, allowed_actions
from marketplace.images import tasks
from marketplace.images.models import Image, Namespace
from marketplace.images.services.namespaces import choose_namespace, end_empty_namespaces
from marketplace.products.models import ProductImage
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import DraftProductFactory, ImageFactory, NamespaceFactory

pytestmark = pytest.mark.django_db
KEPT = settings.LAYERSTORE_EMPTY_NAMESPACES_KEPT
OLD = KEPT + timedelta(minutes=1)


def old_namespace() -> Namespace:
    made: Namespace = NamespaceFactory(created_at=timezone.now() - OLD)
    return made


def ends(namespace: Namespace) -> bool:
    ended = end_empty_namespaces(now=timezone.now())
    assert ended == (not Namespace.objects.filter(pk=namespace.pk).exists())
    return bool(ended)


def test_an_empty_namespace_ends_and_can_be_chosen_by_anybody():
    namespace = old_namespace()

    assert tasks.end_empty_namespaces() == 1

    assert not Namespace.objects.exists()
    assert SellerProfile.objects.count() == 1
    assert AuditEvent.objects.get().action == "namespace.ended"
    assert choose_namespace(user=UserFactory(), name=namespace.name, display_name="Another").name == namespace.name


def test_a_new_namespace_stays():
    assert not ends(NamespaceFactory())


def test_freed_names_go_along_once_they_are_long_freed():
    namespace = old_namespace()
    freed = timezone.now() - OLD
    image = ImageFactory(namespace=namespace, ended_at=freed, end_kind=Image.End.EXPIRED, end_reason="Nothing was pushed.", freed_at=freed)
    Image.objects.filter(pk=image.pk).update(freed_at=timezone.now())
    assert not ends(namespace)

    Image.objects.filter(pk=image.pk).update(freed_at=freed)

    assert ends(namespace)
    assert not Image.objects.exists()


def with_a_freed_name(namespace: Namespace) -> Image:
    freed = timezone.now() - OLD
    made: Image = ImageFactory(namespace=namespace, ended_at=freed, end_kind=Image.End.RELEASED, freed_at=freed)
    return made


def test_a_token_limited_to_a_freed_name_keeps_no_namespace_and_opens_nothing_afterwards():
    image = with_a_freed_name(old_namespace())
    user = image.owner.user
    assert user
    token = create_access_token(user=user, name="ci", scopes=[TokenScope.PUSH], limited_to=image.repository).token
    CredentialImage.objects.create(credential=token, image=image)
    reserved = ImageFactory(namespace=NamespaceFactory(owner=image.owner))

    assert ends(image.namespace)

    assert not CredentialImage.objects.exists()
    subject = Subject.by_token(AccessToken.objects.get())
    assert subject.limited_by == token.pk
    assert allowed_actions(subject=subject, repositories=[reserved.repository]) == {reserved.repository: frozenset()}


def test_a_freed_name_in_a_draft_of_another_namespace_is_passed_over_and_stops_no_other(caplog):
    image = with_a_freed_name(old_namespace())
    elsewhere = DraftProductFactory(namespace=NamespaceFactory(owner=image.owner))
    listed = ProductImage.objects.create(product=elsewhere, image=image, owner=image.owner.seller, position=1)
    other = old_namespace()

    assert ends(other)

    assert Namespace.objects.filter(pk=image.namespace_id).exists()
    assert caplog.records == []
    listed.delete()
    assert ends(image.namespace)


@pytest.mark.parametrize("held", ["reserved", "ended", "drafted"])
def test_a_namespace_that_holds_something_stays(held):
    namespace = old_namespace()
    if held == "drafted":
        DraftProductFactory(namespace=namespace)
    else:
        ended = {"ended_at": timezone.now() - OLD, "end_kind": Image.End.RELEASED} if held == "ended" else {}
        ImageFactory(namespace=namespace, **ended)

    assert not ends(namespace)


def test_a_name_reserved_just_before_keeps_the_namespace(monkeypatch):
    namespace = old_namespace()
    monkeypatch.setattr(
        "marketplace.images.services.namespaces.lock_namespace",
        lambda **_: ImageFactory(namespace=namespace).namespace,
    )

    assert not ends(namespace)
