"""A currency that Stripe does not charge for a seller is remembered for as long as they have that account."""

import pytest

from accounts.sellers.models import SellerProfile
from accounts.sellers.services.stripe_accounts import disconnect_stripe, record_refused_currency
from audit.models import AuditEvent
from tests.factories.accounts import SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> SellerProfile:
    return SellerFactory(stripe_account_id="acct_now")


def test_it_is_recorded_once(seller: SellerProfile) -> None:
    for currency in ("usd", "usd", "chf"):
        record_refused_currency(stripe_account_id="acct_now", currency=currency)

    seller.refresh_from_db()
    assert seller.refused_currencies == ["usd", "chf"]
    assert [seller.takes(code) for code in ("usd", "chf", "eur")] == [False, False, True]
    refusals = AuditEvent.objects.filter(action="seller.currency_refused").order_by("at")
    assert [event.details for event in refusals] == [{"currency": "usd"}, {"currency": "chf"}]


def test_it_says_nothing_of_the_next_account(seller: SellerProfile) -> None:
    record_refused_currency(stripe_account_id="acct_now", currency="usd")

    disconnect_stripe(seller=seller, reason="They asked for it.", actor=UserFactory(staff=True))
    for account in ("acct_now", "acct_of_nobody"):
        record_refused_currency(stripe_account_id=account, currency="chf")

    seller.refresh_from_db()
    assert (seller.stripe_account_id, seller.refused_currencies) == (None, [])
