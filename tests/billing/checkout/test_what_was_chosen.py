"""What was chosen on a product's page stays chosen when a code is tried, or something is refused."""

from typing import Any

import pytest
from django.http import HttpResponseBase

from accounts.people.models import Account, User
from billing.discounts.models import Discount
from billing.orders.models import Order
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import product_url
from tests.factories.billing import DiscountFactory, PaidOrderFactory
from tests.factories.marketplace import EditionFactory, EntitlementFactory, ProductFactory
from tests.support.clients import client_of
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(acme: Account) -> Account:
    """An organisation whose name and handle differ."""
    acme.name = "Dora & Töchter"
    acme.save(update_fields=["name"])
    return acme


@pytest.fixture
def product() -> Product:
    return ProductFactory(price__amount=1000)


def submit(user: User, product: Product, **fields: str) -> HttpResponseBase:
    """Send the form of a product's page."""
    answer: HttpResponseBase = client_of(user).post(f"/billing/buy/{product.pk}/", fields)
    assert (answer.status_code, answer["Location"].startswith(product_url(product))) == (303, True)
    return answer


def chosen(user: User, product: Product, query: str) -> list[str | None]:
    page = assert_sound(client_of(user).get(f"{product_url(product)}?{query}"))
    return [radio["value"] for radio in page.all("input") if radio.get("name") == "buyer" and "checked" in radio]


def test_the_buyer_stays_chosen_when_a_code_is_applied(product: Product, owner: User, acme: Account) -> None:
    DiscountFactory(seller=product.seller, code="AUTUMN")
    page = client_of(owner).get(product_url(product)).content.decode()
    (form,) = [form for form in page.split("<form")[1:] if 'name="buyer"' in form]
    assert 'name="code_to_try"' in form.partition("</form>")[0]
    assert page.count('id="code"') == 1

    answer = submit(owner, product, buyer="acme", code_to_try=" autumn ", apply="1")

    query = answer["Location"].partition("?")[2]
    assert (query, Order.objects.count()) == ("buyer=acme&code=autumn#buy", 0)
    assert chosen(owner, product, query.partition("#")[0]) == ["acme"]
    assert '<input type="hidden" name="code" value="AUTUMN">' in client_of(owner).get(answer["Location"]).content.decode()


def test_a_code_is_applied_to_the_edition_that_was_shown(owner: User, acme: Account) -> None:
    product = ProductFactory(price=False)
    EditionFactory(product=product, name="Standard")
    pro = EditionFactory(product=product, name="Pro")

    answer = submit(owner, product, price=str(pro.prices.get().pk), buyer="acme", code_to_try="autumn", apply="1")

    assert answer["Location"].partition("?")[2] == "edition=Pro&buyer=acme&code=autumn#buy"


def test_no_code_to_apply_shows_the_page_without_one(product: Product, owner: User, acme: Account) -> None:
    assert submit(owner, product, apply="1")["Location"] == f"{product_url(product)}#buy"


@pytest.mark.parametrize(
    ("fields", "terms", "query"),
    [
        pytest.param({"code": "NO-SUCH-CODE"}, {}, "buyer=acme", id="code"),
        pytest.param({"amount": "0.01"}, {"kind": Price.Kind.PAY_WHAT_YOU_WANT}, "buyer=acme&amount=0.01", id="amount"),
    ],
)
def test_the_buyer_stays_chosen_when_something_is_refused(
    owner: User, acme: Account, fields: dict[str, str], terms: dict[str, Any], query: str
) -> None:
    product = ProductFactory(**{f"price__{name}": value for name, value in terms.items()})

    answer = submit(owner, product, buyer="acme", **fields)

    assert (answer["Location"].partition("?")[2], Order.objects.count()) == (query, 0)
    assert chosen(owner, product, query) == ["acme"]


def test_a_code_stays_when_something_else_is_refused(product: Product, owner: User, acme: Account) -> None:
    DiscountFactory(seller=product.seller, code="AUTUMN")
    EntitlementFactory(holder=acme, image=product.images.get())

    answer = submit(owner, product, buyer="acme", code="AUTUMN")

    assert answer["Location"].partition("?")[2] == "buyer=acme&code=AUTUMN"
    assert chosen(owner, product, "buyer=acme&code=AUTUMN") == [owner.username]  # it has this


def test_a_link_to_another_edition_keeps_code_and_buyer_and_one_without_the_code_the_rest(owner: User, acme: Account) -> None:
    product = ProductFactory(price=False)
    DiscountFactory(seller=product.seller, code="MON3", percent=20)
    for name, amount in (("Std", 500), ("Pro", 1000)):
        EditionFactory(product=product, name=name, price__amount=amount)
    url, client = product_url(product), client_of(owner)

    html = client.get(url, {"code": "MON 3", "buyer": "acme"}).content.decode()
    assert f'href="{url}?edition=Pro&amp;code=MON+3&amp;buyer=acme#editions"' in html
    assert f'href="{url}?edition=Std&amp;buyer=acme">Without the code' in html
    assert f'href="{url}?edition=Pro&amp;code=MON+3#editions"' in client.get(url, {"code": "MON 3"}).content.decode()
    assert f'href="{url}?edition=Pro#editions"' in client.get(url).content.decode()
    assert "€8.00" in client.get(url, {"edition": "Pro", "code": "MON 3", "buyer": "acme"}).content.decode()


def test_a_link_without_the_code_is_of_the_page_alone_where_nothing_else_was_chosen(product: Product, owner: User) -> None:
    DiscountFactory(seller=product.seller, code="AUTUMN")

    html = client_of(owner).get(product_url(product), {"code": "AUTUMN"}).content.decode()

    assert f'href="{product_url(product)}">Without the code' in html


def test_who_may_not_be_chosen_is_not(product: Product, owner: User, acme: Account, member: User) -> None:
    for query in ("", "buyer=nobody", "buyer=%00", "buyer=member"):
        assert chosen(owner, product, query) == [owner.username]
    assert chosen(member, product, "buyer=acme") == []


def test_what_a_code_leaves_to_pay_is_of_the_account_that_is_chosen(owner: User, acme: Account) -> None:
    product = ProductFactory()
    code: Discount = DiscountFactory(seller=product.seller, code="AUTUMN", most_per_customer=1)
    order = PaidOrderFactory(product=ProductFactory(namespace=product.namespace), placed_by=owner, buyer=acme)
    code.uses.create(order=order, buyer=acme)
    client = client_of(owner)

    own, theirs = (client.get(product_url(product), {"code": "AUTUMN", "buyer": handle}) for handle in (owner.username, "acme"))

    assert own.context["reduction"].price is not None
    assert theirs.context["reduction"].fault.startswith("You have used this code as often as one buyer may.")
