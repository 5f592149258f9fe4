"""What a list of the API weighs does not depend on how much somebody wrote or holds."""

import pytest
from rest_framework.test import APIClient

from marketplace.images.models import Namespace
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory
from tests.marketplace.conftest import client_of

pytestmark = pytest.mark.django_db


def test_lists_leave_out_long_texts_and_the_product_has_them(as_seller: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)
    Product.objects.update(description="d" * 50_000, licence_text="l" * 200_000)

    answer = as_seller.get("/api/v1/products/")
    (listed,) = answer.json()["results"]
    whole = as_seller.get(f"/api/v1/products/{product.pk}/").json()

    assert whole.keys() - listed.keys() == {"description", "licence_text"}
    assert {name: whole[name] for name in listed} == listed
    assert len(answer.content) < 2_000
    assert (len(whole["description"]), len(whole["licence_text"])) == (50_000, 200_000)


def test_a_library_is_listed_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = UserFactory()
    as_buyer = client_of(buyer)
    monkeypatch.setattr("marketplace.library.selectors.ENTRIES_PER_PAGE", 2)
    newest, *_, oldest = [EntitlementFactory(holder=buyer.account).image.repository for _ in range(3)][::-1]

    pages = [[entry["repository"] for entry in as_buyer.get(f"/api/v1/library/?page={page}").json()] for page in (1, 2, 3)]

    assert ([len(page) for page in pages], pages[0][0], pages[1]) == ([2, 1, 0], newest, [oldest])


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "9" * 30])
def test_a_page_that_is_none_is_refused(as_buyer: APIClient, page: str) -> None:
    answer = as_buyer.get(f"/api/v1/library/?page={page}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["page"])
