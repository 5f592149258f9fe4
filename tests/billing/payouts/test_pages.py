"""The pages of a seller."""

import httpx
import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import Settings

from accounts.organisations.models import Role
from accounts.sellers.models import SellerProfile
from billing.payouts import views
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, SellerFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory
from tests.factories.marketplace import NamespaceFactory
from tests.support.clients import client_of
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(product: Product) -> Client:
    return client_of(person_of(product.seller))


@pytest.fixture
def newcomer(sandbox: Sandbox, transactional_db: None) -> SellerProfile:
    seller = SellerFactory(stripe_account_id=None, charges_enabled=False, payouts_enabled=False, details_submitted=False)
    NamespaceFactory(owner=seller.account)
    return seller


def payouts_of(seller: SellerProfile) -> str:
    return f"/selling/payouts/?seller={seller.account.handle}"


def test_the_seller_sees_what_was_paid_and_nothing_of_others(client: Client, product: Product) -> None:
    sold, pending, foreign = PaidOrderFactory(product=product), OrderFactory(product=product), PaidOrderFactory()

    page = client.get("/selling/orders/").content.decode()

    assert [order.number in page for order in (sold, pending, foreign)] == [True, False, False]
    assert "€0.50" in page


def test_a_newcomer_is_sent_to_stripe_and_comes_back_able_to_sell(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    client = client_of(person_of(newcomer))
    assert "Not connected yet" in client.get("/selling/payouts/").content.decode()

    answer = client.post("/selling/payouts/connect")

    newcomer.refresh_from_db()
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{sandbox.url}/setup/e/{newcomer.stripe_account_id}/")
    sandbox.control(f"/accounts/{newcomer.stripe_account_id}")
    assert client.get("/selling/payouts/return")["Location"] == payouts_of(newcomer)
    newcomer.refresh_from_db()
    assert newcomer.can_be_paid
    assert "Ready" in client.get("/selling/payouts/").content.decode()


def test_who_sells_for_several_connects_and_returns_for_the_one_whose_page_it_was(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    user = MembershipFactory(account=newcomer.account, user=SellerFactory().account.user, role=Role.OWNER).user
    client = client_of(user)
    page = client.get(payouts_of(newcomer)).content.decode()
    assert f'name="seller" value="{newcomer.account.handle}"' in page

    answer = client.post("/selling/payouts/connect", {"seller": newcomer.account.handle})

    newcomer.refresh_from_db()
    assert answer["Location"].startswith(f"{sandbox.url}/setup/e/{newcomer.stripe_account_id}/")
    opened = httpx.get(answer["Location"], trust_env=False, timeout=30).headers["Location"]
    left = httpx.post(f"{sandbox.url}{opened}", data={"act": "complete"}, trust_env=False, timeout=30)
    assert httpx.URL(left.headers["Location"]).raw_path.decode() == f"/selling/payouts/return?seller={newcomer.account.handle}"
    assert client.get("/selling/payouts/return", {"seller": newcomer.account.handle})["Location"] == payouts_of(newcomer)
    newcomer.refresh_from_db()
    assert newcomer.can_be_paid


def test_countries_are_listed_by_their_names_in_the_readers_language(
    newcomer: SellerProfile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LAYERSTORE_STRIPE_COUNTRY = "DE"
    monkeypatch.setattr(views, "gettext", lambda name: {"Austria": "Österreich"}.get(name, name))

    listed = [name for _, name in client_of(person_of(newcomer)).get("/selling/payouts/").context["countries"]]

    place = listed.index("Österreich")
    assert listed[place - 1 : place + 2] == ["Norway", "Österreich", "Poland"]
    assert listed[0] == "Australia"


def test_a_link_that_ran_out_is_replaced(client: Client, product: Product, sandbox: Sandbox) -> None:
    answer = client.get("/selling/payouts/refresh")

    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{sandbox.url}/setup/e/{product.seller.stripe_account_id}/")


def test_a_refresh_makes_no_account(newcomer: SellerProfile) -> None:
    answer = client_of(person_of(newcomer)).get("/selling/payouts/refresh")

    newcomer.refresh_from_db()
    assert (answer["Location"], newcomer.stripe_account_id) == (payouts_of(newcomer), None)


def test_coming_back_without_an_account_changes_nothing(newcomer: SellerProfile) -> None:
    assert client_of(person_of(newcomer)).get("/selling/payouts/return")["Location"] == payouts_of(newcomer)


def test_coming_back_while_stripe_is_away_says_so(client: Client, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/accounts")

    answer = client.get("/selling/payouts/return")

    assert "is not answering right now" in str(next(iter(get_messages(answer.wsgi_request))))


def test_what_stripe_refuses_is_said_on_the_page(product: Product, client: Client, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/account", status=400)

    answers = [client.post("/selling/payouts/connect"), client.get("/selling/payouts/return")]

    assert [answer["Location"] for answer in answers] == [payouts_of(product.seller)] * 2
    assert all("refused" in str(next(iter(get_messages(answer.wsgi_request)))) for answer in answers)


@pytest.mark.parametrize("address", ["/selling/orders/", "/selling/payouts/", "/selling/payouts/return", "/selling/payouts/refresh"])
def test_who_sells_nothing_is_shown_how_to_begin(address: str) -> None:
    assert client_of(UserFactory()).get(address)["Location"] == "/selling/start/"
