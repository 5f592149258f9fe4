"""Pulls of what was bought: when, from where and with what; of nothing else, and not for ever."""

from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.organisations.models import PULLING_ROLES, Role
from accounts.people.models import User
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.insights.buyer_pulls import SeenPull, forget_buyer_pulls, note_buyer_pulls
from marketplace.insights.models import BuyerPull
from marketplace.insights.services import Pull, count_pulls
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, digest_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 28, 23, 59, tzinfo=UTC)
DOCKER = "docker/27.3.1 go/go1.22.7 os/linux arch/amd64"


@pytest.fixture
def image() -> Image:
    return ImageFactory()


@pytest.fixture
def buyer(image: Image) -> User:
    buyer = UserFactory(username="ada")
    EntitlementFactory(holder=buyer.account, image=image, source_kind=Entitlement.Source.ORDER)
    return buyer


def pulled(image: Image, *, subject: str = "ada", at: datetime = AT, address: str = "203.0.113.9:51234", client: str = DOCKER) -> int:
    """Have one pull counted; return how many rows it wrote."""
    seen = SeenPull(image.repository, digest_of("one"), subject, at, address, client)
    counted = count_pulls(pulls=[Pull(image.repository, seen.digest, "", at.date(), subject)])
    with transaction.atomic():
        return note_buyer_pulls(seen=[seen], counted=counted)


def test_a_buyers_pulls_of_one_day_address_client_and_digest_are_one_row(image: Image, buyer: User) -> None:
    for minutes in (0, -30, -10):
        pulled(image, at=AT + timedelta(minutes=minutes))
    pulled(image, at=AT + timedelta(minutes=1))

    rows = BuyerPull.objects.order_by("day")
    first = rows[0]
    assert [(row.day, row.count) for row in rows] == [(date(2026, 11, 28), 3), (date(2026, 11, 29), 1)]
    assert (first.buyer, first.image, first.digest) == (buyer.account, image, digest_of("one"))
    assert (first.address, first.client) == ("203.0.113.9", DOCKER)
    assert (first.first_at, first.last_at) == (AT - timedelta(minutes=30), AT)
    assert str(first) == f"3 of {digest_of('one')[:19]} on 2026-11-28"


@pytest.mark.parametrize("kind", [Entitlement.Source.FREE, Entitlement.Source.STAFF, Entitlement.Source.SELLER])
def test_no_address_is_kept_of_what_was_not_bought(kind: str, image: Image) -> None:
    EntitlementFactory(holder=UserFactory(username="ada").account, image=image, source_kind=kind)

    assert [pulled(image), pulled(image, subject="nobody-here"), pulled(ImageFactory())] == [0, 0, 0]
    assert not BuyerPull.objects.exists()


@pytest.mark.parametrize(("role", "kept"), [*[(role, 1) for role in PULLING_ROLES], (Role.BILLING, 0)])
def test_what_members_pull_of_what_their_organisation_bought_is_kept(role: Role, kept: int, image: Image) -> None:
    member = MembershipFactory(user__username="ada", role=role)
    EntitlementFactory(holder=member.account, image=image, source_kind=Entitlement.Source.ORDER)

    assert [pulled(image), pulled(ImageFactory())] == [kept, 0]
    assert list(BuyerPull.objects.values_list("buyer", "image")) == [(member.user.account.pk, image.pk)] * kept


def test_no_address_is_kept_of_what_is_no_longer_held(image: Image, buyer: User) -> None:
    Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="Refunded.")

    assert pulled(image) == 0
    assert not BuyerPull.objects.exists()


@pytest.mark.parametrize(
    ("told", "kept"),
    [("203.0.113.9", "203.0.113.9"), ("[2001:db8::7]:443", "2001:db8::7"), ("2001:db8::7", "2001:db8::7"), ("pod/x", None), ("@", None)],
)
def test_what_is_no_address_counts_as_none_and_long_clients_are_cut(told: str, kept: str | None, image: Image, buyer: User) -> None:
    for _ in range(2):
        pulled(image, address=told, client="x" * 500)

    row = BuyerPull.objects.get()
    assert (row.address and str(ip_address(row.address)), row.client, row.count) == (kept, "x" * 200, 2)


def test_addresses_of_pulls_are_forgotten_after_the_time_that_is_set(image: Image, buyer: User) -> None:
    now = timezone.now()
    for age in (settings.LAYERSTORE_BUYER_PULLS_KEPT + timedelta(days=1), settings.LAYERSTORE_BUYER_PULLS_KEPT - timedelta(days=1)):
        pulled(image, at=now - age)

    assert [forget_buyer_pulls(now=now), forget_buyer_pulls(now=now)] == [1, 0]
    assert BuyerPull.objects.count() == 1
