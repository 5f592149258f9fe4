from functools import partial

import pytest

from accounts.sellers.errors import SellerAlreadySuspended, SellerNotSuspended, StripeAccountAlreadyConnected
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import become_seller, record_stripe_account, record_stripe_state, reinstate_seller, suspend_seller
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from tests.factories.accounts import SellerFactory, UserFactory
from tests.support.trail import trail

pytestmark = pytest.mark.django_db


def test_an_account_becomes_a_seller_once(settings) -> None:
    settings.LAYERSTORE_NAMESPACES_PER_SELLER = 3
    account = UserFactory().account

    first = become_seller(account=account, display_name="Acme")
    again = become_seller(account=account, display_name="Other")

    assert first == again == SellerProfile.objects.get()
    assert (again.display_name, again.namespace_quota, again.can_be_paid) == ("Acme", 3, False)
    assert trail() == ["seller.started"]
    assert str(first) == "Acme"


def test_suspending_stops_sales_and_reinstating_lets_them_go_on() -> None:
    seller, staff = SellerFactory(), UserFactory(staff=True)

    suspended = suspend_seller(seller=seller, reason="complaints", actor=staff)
    assert not suspended.can_be_paid
    assert suspended.suspension_reason == "complaints"

    reinstated = reinstate_seller(seller=seller, reason="settled", actor=staff)
    assert reinstated.can_be_paid
    assert (reinstated.suspended_at, reinstated.suspension_reason) == (None, "")
    assert trail() == ["seller.suspended", "seller.reinstated"]


@pytest.mark.parametrize("act", [suspend_seller, reinstate_seller])
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_nothing_happens(act, reason: str) -> None:
    seller = SellerFactory()
    before = SellerProfile.objects.values().get()

    with pytest.raises(ReasonMissing):
        act(seller=seller, reason=reason, actor=UserFactory(staff=True))

    assert SellerProfile.objects.values().get() == before
    assert trail() == []


def test_a_suspended_seller_is_not_suspended_again() -> None:
    seller, staff = SellerFactory(), UserFactory(staff=True)
    suspend_seller(seller=seller, reason="first", actor=staff)

    with pytest.raises(SellerAlreadySuspended):
        suspend_seller(seller=seller, reason="second", actor=staff)

    assert SellerProfile.objects.get().suspension_reason == "first"
    assert trail() == ["seller.suspended"]


def test_a_seller_who_is_not_suspended_cannot_be_reinstated() -> None:
    with pytest.raises(SellerNotSuspended):
        reinstate_seller(seller=SellerFactory(), reason="why not", actor=UserFactory(staff=True))

    assert trail() == []


def test_a_stripe_account_is_kept_once() -> None:
    seller = SellerFactory(stripe_account_id=None)

    record_stripe_account(seller=seller, stripe_account_id="acct_1")
    record_stripe_account(seller=seller, stripe_account_id="acct_1")

    assert SellerProfile.objects.get().stripe_account_id == "acct_1"
    assert trail() == ["seller.stripe_connected"]


def test_a_seller_does_not_change_the_stripe_account() -> None:
    seller = SellerFactory(stripe_account_id="acct_1")

    with pytest.raises(StripeAccountAlreadyConnected):
        record_stripe_account(seller=seller, stripe_account_id="acct_2")

    assert SellerProfile.objects.get().stripe_account_id == "acct_1"
    assert trail() == []


def test_two_sellers_never_share_a_stripe_account() -> None:
    SellerFactory(stripe_account_id="acct_1")
    second = SellerFactory(stripe_account_id=None)

    with pytest.raises(StripeAccountAlreadyConnected):
        record_stripe_account(seller=second, stripe_account_id="acct_1")

    second.refresh_from_db()
    assert second.stripe_account_id is None
    assert trail() == []


def test_what_stripe_says_is_kept_and_audited_when_it_changes() -> None:
    SellerFactory(stripe_account_id="acct_1", charges_enabled=False, payouts_enabled=False, details_submitted=False)
    says = {"charges_enabled": True, "payouts_enabled": False, "details_submitted": True}

    record = partial(record_stripe_state, stripe_account_id="acct_1", charges_enabled=True, payouts_enabled=False, details_submitted=True)
    record()
    seller = record()

    assert seller is not None
    assert SellerProfile.objects.values(*says).get() == says
    assert AuditEvent.objects.get().details == {"state": says}


def test_a_stripe_account_of_nobody_here_changes_nothing() -> None:
    before = SellerProfile.objects.filter(pk=SellerFactory().pk).values().get()

    assert record_stripe_state(stripe_account_id="acct_0", charges_enabled=False, payouts_enabled=False, details_submitted=False) is None

    assert SellerProfile.objects.values().get() == before
    assert trail() == []
