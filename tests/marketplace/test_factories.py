import pytest

from marketplace.images.models import LayerList
from tests.factories.marketplace import DraftProductFactory, EntitlementFactory, FreeProductFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_a_product_is_whole():
    product = ProductFactory()

    assert product.images.get().tags.get().name == "1.0"
    assert product.prices.get().amount == 500
    assert len(LayerList.objects.get().layers) == 3
    assert product.images.get().owner == product.seller.account


def test_a_free_and_a_draft_product_and_an_entitlement_stand():
    assert FreeProductFactory().prices.get().is_free
    assert DraftProductFactory().state == "draft"
    assert EntitlementFactory(revoked=True).in_force is False
