import pytest
from django.utils import timezone

from accounts.people.errors import EmailNotVerified
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.errors import (
    InvalidNamespaceName,
    NamespaceLooksAlike,
    NamespaceQuotaReached,
    NamespaceTaken,
    NotYours,
    SellerIsSuspended,
)
from marketplace.images.models import Namespace
from marketplace.images.services.namespaces import choose_namespace, clear_skeleton
from tests.factories.accounts import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_choosing_a_namespace_makes_a_seller():
    user = UserFactory()

    namespace = choose_namespace(user=user, name="acme", display_name="Acme Data")

    assert (namespace.name, namespace.owner, namespace.skeleton, namespace.image_quota) == ("acme", user.account, "acme", 50)
    assert SellerProfile.objects.get(pk=user.account.pk).display_name == "Acme Data"
    assert AuditEvent.objects.filter(action="namespace.chosen", actor=user, target_id=str(namespace.pk)).exists()


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        pytest.param("Acme", InvalidNamespaceName, id="grammar"),
        pytest.param("admin", InvalidNamespaceName, id="reserved"),
        pytest.param("taken", NamespaceTaken, id="taken"),
        pytest.param("tak-en", NamespaceLooksAlike, id="looks alike"),
    ],
)
def test_a_refused_namespace_makes_no_seller_and_leaves_no_trace(name, refusal):
    choose_namespace(user=UserFactory(), name="taken", display_name="First")
    trail = AuditEvent.objects.count()
    user = UserFactory()

    with pytest.raises(refusal):
        choose_namespace(user=user, name=name, display_name="Second")

    assert not SellerProfile.objects.filter(pk=user.account.pk).exists()
    assert Namespace.objects.count() == 1
    assert AuditEvent.objects.count() == trail


def test_somebody_without_a_verified_address_chooses_nothing():
    with pytest.raises(EmailNotVerified):
        choose_namespace(user=UserFactory(verified=False), name="acme", display_name="Acme")

    assert not Namespace.objects.exists()
    assert not SellerProfile.objects.exists()


def test_a_seller_holds_as_many_as_the_quota_says():
    user = UserFactory()
    choose_namespace(user=user, name="acme", display_name="Acme")

    with pytest.raises(NamespaceQuotaReached, match="You have one namespace"):
        choose_namespace(user=user, name="other", display_name="Acme")

    SellerProfile.objects.update(namespace_quota=2)
    assert choose_namespace(user=user, name="other", display_name="Ignored").name == "other"
    with pytest.raises(NamespaceQuotaReached, match="You have 2 namespaces"):
        choose_namespace(user=user, name="third", display_name="Acme")
    assert SellerProfile.objects.get().display_name == "Acme"
    assert Namespace.objects.count() == 2


def test_a_suspended_seller_chooses_nothing():
    seller = SellerFactory(suspended_at=timezone.now(), suspension_reason="Fraud.")

    with pytest.raises(SellerIsSuspended):
        choose_namespace(user=seller.account.user, name="acme", display_name="Acme")

    assert not Namespace.objects.exists()


def test_staff_clear_a_skeleton_with_a_reason_and_the_look_alike_can_be_taken():
    namespace = choose_namespace(user=UserFactory(), name="acme", display_name="Acme")
    staff = UserFactory(staff=True)

    clear_skeleton(namespace=namespace, reason="Both are known companies.", actor=staff)

    assert choose_namespace(user=UserFactory(), name="ac-me", display_name="Ac Me").skeleton == "acme"
    assert AuditEvent.objects.get(action="namespace.skeleton_cleared").reason == "Both are known companies."
    with pytest.raises(NamespaceTaken):
        choose_namespace(user=UserFactory(), name="acme", display_name="Thief")


def test_only_staff_clear_a_skeleton_and_never_without_a_reason():
    namespace = choose_namespace(user=UserFactory(), name="acme", display_name="Acme")

    with pytest.raises(NotYours):
        clear_skeleton(namespace=namespace, reason="Mine.", actor=UserFactory())
    with pytest.raises(ReasonMissing):
        clear_skeleton(namespace=namespace, reason=" ", actor=UserFactory(staff=True))

    namespace.refresh_from_db()
    assert namespace.skeleton == "acme"
