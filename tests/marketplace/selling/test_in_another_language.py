"""The seller's pages say nothing in English to who reads another language, with all that they can show."""

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.domains.models import ShopDomain
from accounts.organisations.models import Role
from accounts.sellers.models import SellerProfile
from marketplace.images.models import Image, Namespace
from marketplace.insights.figures import last_whole_day
from marketplace.insights.models import DailyFigures
from marketplace.products.models import Product, UnsavedText
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import DraftProductFactory, ImageFactory, ManifestFactory, ProductFactory, PullCountFactory
from tests.support.pseudo_language import mark_translations, outside_of_marks_at

pytestmark = pytest.mark.django_db
NAMES = (r"acme(?:/[\w-]+| data)?", "zork", "layerstore", "linux", "amd64", "EUR|USD|GBP|CHF|JPY", "[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_translations(monkeypatch, "de")


@pytest.fixture
def image(namespace: Namespace) -> Image:
    """An image that was pushed and pulled, and of which one manifest cannot be read."""
    found = ImageFactory(namespace=namespace, name="db", first_pushed_at=timezone.now())
    ManifestFactory(image=found, described_at=None, last_error="zork", attempts=3)
    for tag in ("1.0", ""):
        PullCountFactory(image=found, tag=tag, platform="", count=3)
    return found


bare = partial(outside_of_marks_at, names=NAMES)


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_figures_are_translated(seller_client: Client, seller: SellerProfile, namespace: Namespace, by: str) -> None:
    product = ProductFactory(namespace=namespace, title="zork")
    for back in (0, 40, 80):
        on = last_whole_day() - timedelta(days=back)
        for of in (None, product):
            DailyFigures.objects.create(
                seller=seller, product=of, day=on, currency="eur", paid=1000 + back, orders=2, refunds=1, refunded=50
            )
            DailyFigures.objects.create(seller=seller, product=of, day=on, pulls=10 + back, pullers=4, views=7)

    for address in (f"/selling/?by={by}", f"/selling/?by={by}&product={product.pk}"):
        assert bare(seller_client, address) == []


def test_images_are_translated_at_every_stage(seller_client: Client, namespace: Namespace, image: Image) -> None:
    reserved = ImageFactory(namespace=namespace, name="zork1")
    expired = ImageFactory(
        namespace=namespace, name="zork2", ended_at=timezone.now(), end_kind="expired", end_reason="Nothing was pushed in time."
    )
    taken = ImageFactory(namespace=namespace, name="zork3", taken_down_at=timezone.now(), take_down_reason="zork")

    assert [text for one in (image, reserved, expired, taken) for text in bare(seller_client, f"/selling/images/{one.pk}/")] == []
    assert bare(seller_client, "/selling/") == []


def test_the_editor_is_translated_in_every_state(seller_client: Client, seller: SellerProfile, namespace: Namespace, image: Image) -> None:
    draft = DraftProductFactory(namespace=namespace, title="zork", images=[image], licence_name="zork", summary="zork", description="zork")
    UnsavedText.objects.create(seller=seller, product=draft, tab="00000000-0000-4000-8000-000000000001", typed={"title": ["zork"]})
    found = bare(seller_client, f"/selling/products/{draft.pk}/")
    for state in (Product.State.WITHDRAWN, Product.State.SUSPENDED):
        Product.objects.filter(pk=draft.pk).update(state=state, suspension_reason="zork", published_at=timezone.now())
        found += bare(seller_client, f"/selling/products/{draft.pk}/")

    assert found == []


def test_a_domain_is_translated_with_why_it_was_not_seen(seller_client: Client, seller: SellerProfile) -> None:
    found = bare(seller_client, "/selling/domain/")
    ShopDomain.objects.create(
        seller=seller,
        domain="acme.com",
        token="1",
        checked_at=timezone.now(),
        last_error="The DNS did not answer. acme.com has no address.",
    )

    assert [*found, *bare(seller_client, "/selling/domain/")] == []


def test_becoming_a_seller_and_handing_over_are_translated(seller_client: Client, namespace: Namespace, client: Client) -> None:
    found = bare(seller_client, f"/selling/namespaces/{namespace.pk}/hand-over")
    organisation = OrganisationFactory(name="zork")
    member = UserFactory(username="zork2")
    for user in (namespace.owner.user, member):
        MembershipFactory(account=organisation, user=user, role=Role.OWNER)
    client.force_login(member)

    assert [*found, *bare(seller_client, f"/selling/namespaces/{namespace.pk}/hand-over"), *bare(client, "/selling/start/")] == []
