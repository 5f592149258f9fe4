"""Staff read of a seller what the seller reads: balances, the statement of a month, and each movement."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.people.services import give_role
from accounts.sellers.models import SellerProfile
from billing.orders.models import Order
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, TransferReversalFactory
from tests.support.books import book_refund, book_sale

pytestmark = pytest.mark.django_db
LEDGER = "/admin/billing/ledgertransaction/"
OCTOBER, NOVEMBER = datetime(2026, 10, 20, 12, tzinfo=UTC), datetime(2026, 11, 3, 12, tzinfo=UTC)


def signed_in(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def seller() -> SellerProfile:
    """One who has sold for €5.00 in October, which went back in part in November; somebody else has sold as well."""
    order: Order = PaidOrderFactory(amount=500, application_fee=50)
    book_sale(order, at=OCTOBER)
    book_refund(order, 200, at=NOVEMBER)
    TransferReversalFactory(dispute__order=order, amount=100, fee_amount=10)
    book_sale(PaidOrderFactory(amount=7700, application_fee=770), at=OCTOBER)
    return order.seller


def cells(page: str, caption: str) -> list[str]:
    table = re.search(rf"<caption>{caption}.*?</table>", page, re.DOTALL)
    assert table is not None
    return re.findall(r"<td[^>]*>(.*?)</td>", table.group(0))


def movements(page: str) -> list[str]:
    return re.findall(r'<td class="field-to_seller">(.*?)</td>', page)


def test_finance_reads_a_sellers_balance_and_statement_from_their_profile(seller: SellerProfile) -> None:
    client = signed_in(give_role(user=UserFactory(), role="finance"))
    profile = client.get(f"/admin/accounts/sellerprofile/{seller.pk}/change/").content.decode()
    assert f'href="{LEDGER}?seller={seller.pk}"' in profile

    page = client.get(LEDGER, {"seller": str(seller.pk), "happened_at__year": "2026", "happened_at__month": "11"}).content.decode()

    assert cells(page, f"Balance of {seller}") == ["€2.70", "€0.00", "€0.00", "€0.00", "€0.90", "€0.00"]
    assert cells(page, "Statement of November 2026") == ["€4.50", "€0.00", "€0.20", "−€2.00", "€0.00", "€0.00", "€2.70"]
    assert movements(page) == ["€0.20", "−€2.00"]  # the newest first
    assert "Trial balance" not in page


def test_without_a_month_the_list_has_all_that_is_theirs_and_nobody_elses(seller: SellerProfile) -> None:
    client = signed_in(UserFactory(staff=True))

    page = client.get(LEDGER, {"seller": str(seller.pk)}).content.decode()

    assert sorted(movements(page)) == sorted(["€5.00", "−€0.50", "−€2.00", "€0.20"])
    assert "€77.00" not in page
    whole = client.get(LEDGER).content.decode()
    assert ("Trial balance" in whole, movements(whole)) == (True, [])


def test_of_a_seller_without_sales_it_says_so(db: None) -> None:
    page = signed_in(UserFactory(staff=True)).get(LEDGER, {"seller": str(SellerFactory().pk)}).content.decode()

    assert ("Nothing has moved yet." in page, "Nothing had moved by then." in page) == (True, True)


@pytest.mark.parametrize("named", ["", "postgres", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_no_seller(seller: SellerProfile, named: str) -> None:
    answer = signed_in(UserFactory(staff=True)).get(LEDGER, {"seller": named})

    assert (answer.status_code, answer["Location"]) == (302, f"{LEDGER}?e=1")


@pytest.mark.parametrize("role", ["support", "moderation"])
def test_who_does_not_see_the_books_has_no_link_to_them(seller: SellerProfile, role: str) -> None:
    client = signed_in(give_role(user=UserFactory(), role=role))

    profile = client.get(f"/admin/accounts/sellerprofile/{seller.pk}/change/").content.decode()

    assert LEDGER not in profile
    assert client.get(LEDGER, {"seller": str(seller.pk)}).status_code == 403
