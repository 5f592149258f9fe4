"""The currency of an account: kept with it, before what a browser wants."""

import pytest
from django.test import Client

from accounts.people.models import User
from audit.models import AuditEvent
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import PriceFactory, ProductFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/account/currency"


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def hers(user: User) -> Client:
    client = Client(headers={"Accept-Language": "de-CH"})
    client.force_login(user)
    return client


def test_the_choice_is_kept_with_the_account_and_counts_in_every_browser(hers: Client, user: User) -> None:
    product = ProductFactory()
    for code in ("chf", "usd", "gbp"):
        PriceFactory(product=product, currency=code, leading=False)
    hers.cookies["currency"] = "gbp"
    page = f"/{product.namespace.name}/{product.slug}"

    def shown() -> str:
        return str(hers.get(page).context["price"].currency)

    before = shown()
    for _ in range(2):
        response = hers.post(ADDRESS, {"currency": "usd"}, headers={"referer": f"http://testserver{page}"})

    assert (response.status_code, response["Location"], response.cookies["currency"]["max-age"]) == (303, f"http://testserver{page}", 0)
    user.refresh_from_db()
    assert (before, user.currency, shown()) == ("gbp", "usd", "usd")
    assert AuditEvent.objects.get(action="user.currency_chosen").details == {"currency": "usd"}
    assert '<option value="usd" selected>USD</option>' in hers.get(page).content.decode()
    hers.post(ADDRESS, {"currency": "none of ours"})
    assert shown() == "chf"


def test_a_currency_that_the_shop_gave_up_leaves_it_to_the_browser(hers: Client, user: User) -> None:
    product = ProductFactory()
    PriceFactory(product=product, currency="chf", leading=False)
    User.objects.filter(pk=user.pk).update(currency="sek")

    assert hers.get(f"/{product.namespace.name}/{product.slug}").context["price"].currency == "chf"


def test_nobody_chooses_for_somebody_else(user: User) -> None:
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(user)

    assert forger.post(ADDRESS, {"currency": "usd"}).status_code == 403
    assert Client().post(ADDRESS, {"currency": "usd"}).status_code == 302
    user.refresh_from_db()
    assert user.currency == ""
