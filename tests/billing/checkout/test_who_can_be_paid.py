"""One rule says whether a seller can be paid, and all who offer something for money ask it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.checkout.placing import place_order
from billing.orders.errors import SellerMayNotSell
from billing.orders.models import Order
from marketplace.entitlements.policy import Subject, access_facts
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from marketplace.products.selectors.offers import offered_price
from marketplace.products.selectors.readiness import Requirement, missing_for_publication
from marketplace.shopwindow.offer_state import offer_state_of
from registry_auth.why.answers import Reason
from registry_auth.why.diagnosis import Login, why_not_pull
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import FreeProductFactory, ProductFactory

pytestmark = pytest.mark.django_db

WAYS: dict[str, dict[str, Any]] = {
    "Stripe takes no payments": {"charges_enabled": False},
    "Stripe pays nothing out": {"payouts_enabled": False},
    "not connected": {"stripe_account_id": None},
    "suspended": {"suspended_at": timezone.now(), "suspension_reason": "Fraud."},
}


def sold_at(product: Product) -> str:
    repository = product.images.get().repository
    return access_facts(subject=Subject.anonymous(), repositories=[repository])[repository].sold_at


@pytest.fixture
def product() -> Product:
    return ProductFactory()


def stop(product: Product, way: str) -> Product:
    SellerProfile.objects.filter(pk=product.seller_id).update(**WAYS[way])
    return Product.objects.get(pk=product.pk)


def test_as_it_should_be_everything_offers_it(product: Product) -> None:
    assert product.seller.can_be_paid
    assert (offer_state_of(None, product).kind, sold_at(product) != "") == ("sale", True)
    assert offered_price(product) == product.prices.get()
    assert missing_for_publication(product) == []
    assert place_order(product=product, user=UserFactory()).state == Order.State.PENDING


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_offered_that_the_sale_refuses(product: Product, way: str) -> None:
    product = stop(product, way)

    with pytest.raises((SellerMayNotSell, ProductNotOffered)):
        place_order(product=product, user=UserFactory())

    assert not Order.objects.exists()
    assert not product.seller.can_be_paid
    assert (offer_state_of(None, product).kind, sold_at(product), offered_price(product)) == ("closed", "", None)
    assert [missing.requirement for missing in missing_for_publication(product)] == [Requirement.STRIPE]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "suspended"])
def test_nobody_is_sent_to_buy_it(product: Product, way: str) -> None:
    product = stop(product, way)
    buyer = Client()
    buyer.force_login(UserFactory())

    page = buyer.get(f"/{product.namespace.name}/{product.slug}").content.decode()
    answer = buyer.post("/api/v1/orders/", {"product": str(product.pk)}, content_type="application/json", headers=api())

    assert ("Not for sale right now." in page, f"/billing/buy/{product.pk}/" in page) == (True, False)
    assert (answer.status_code, answer.json()["code"]) == (409, "seller_may_not_sell")
    assert reason_of(product) is Reason.NO_LONGER_OFFERED


@pytest.mark.parametrize("way", [way for way in WAYS if way != "suspended"])
def test_what_is_free_needs_no_stripe(way: str) -> None:
    product = stop(FreeProductFactory(), way)

    assert offer_state_of(None, product).kind == "free"
    assert missing_for_publication(product) == []


def api() -> dict[str, str]:
    return {"Authorization": f"Bearer {AccessTokenFactory().secret}"}


def reason_of(product: Product) -> Reason:
    return why_not_pull(image=f"layerstore.test:8080/{product.images.get().repository}:1.0", login=Login(), viewer=None).reason
