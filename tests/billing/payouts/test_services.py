"""Sellers at Stripe."""

import httpx
import pytest

from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.payouts.services import connect_seller, refresh_stripe_account
from billing.stripe.accounts import AccountStatus
from billing.stripe.errors import StripeAway
from tests.billing.conftest import person_of
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def newcomer(sandbox: Sandbox, transactional_db: None) -> SellerProfile:
    return SellerFactory(stripe_account_id=None, charges_enabled=False, payouts_enabled=False, details_submitted=False)


def test_a_seller_gets_an_account_and_a_link(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    url = connect_seller(seller=newcomer, actor=person_of(newcomer))

    newcomer.refresh_from_db()
    account = sandbox.get(f"/accounts/{newcomer.stripe_account_id}")
    assert (account["type"], account["metadata"]) == ("express", {"seller_id": str(newcomer.pk)})
    assert url.startswith(f"{sandbox.url}/setup/e/{newcomer.stripe_account_id}/")
    assert AuditEvent.objects.get(action="seller.stripe_onboarding_opened").actor == person_of(newcomer)
    assert newcomer.charges_enabled is False


def test_stripe_shows_the_shops_name_to_buyers(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    connect_seller(seller=newcomer, actor=person_of(newcomer))
    newcomer.refresh_from_db()
    sandbox.control(f"/accounts/{newcomer.stripe_account_id}")
    product = ProductFactory(namespace=NamespaceFactory(owner=newcomer.account))
    refresh_stripe_account(stripe_account_id=str(newcomer.stripe_account_id))

    page = httpx.get(open_checkout(order=place_order(product=product, user=UserFactory())))

    assert f"Pay Layerstore, for {newcomer.display_name}<" in page.text


def test_connecting_again_keeps_the_account_and_makes_a_fresh_link(newcomer: SellerProfile) -> None:
    first = connect_seller(seller=newcomer, actor=person_of(newcomer))
    newcomer.refresh_from_db()
    account = newcomer.stripe_account_id

    second = connect_seller(seller=newcomer, actor=person_of(newcomer))

    newcomer.refresh_from_db()
    assert (newcomer.stripe_account_id, first != second) == (account, True)


def test_an_account_that_was_made_but_not_recorded_is_found_again(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/accounts", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/accounts", method="POST")
    with pytest.raises(StripeAway):
        connect_seller(seller=newcomer, actor=person_of(newcomer))
    sandbox.mend()

    connect_seller(seller=newcomer, actor=person_of(newcomer))

    made = [found for found in sandbox.get("/accounts", limit=100)["data"] if found["metadata"] == {"seller_id": str(newcomer.pk)}]
    newcomer.refresh_from_db()
    assert [account["id"] for account in made] == [newcomer.stripe_account_id]


def test_a_refresh_writes_what_stripe_says(newcomer: SellerProfile, sandbox: Sandbox) -> None:
    SellerProfile.objects.update(stripe_account_id=sandbox.account())
    newcomer.refresh_from_db()

    refresh_stripe_account(stripe_account_id=str(newcomer.stripe_account_id))

    newcomer.refresh_from_db()
    assert (newcomer.charges_enabled, newcomer.payouts_enabled, newcomer.details_submitted) == (True, True, True)


def test_an_answer_about_a_seller_that_was_overtaken_is_corrected(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    yes = AccountStatus(charges_enabled=True, payouts_enabled=True, details_submitted=True)
    no = AccountStatus(charges_enabled=False, payouts_enabled=False, details_submitted=True)
    answers = iter([yes, no, no])
    monkeypatch.setattr("billing.payouts.services.read_account_status", lambda _: next(answers))

    refreshed = refresh_stripe_account(stripe_account_id=str(seller.stripe_account_id))

    assert refreshed is not None
    assert (refreshed.charges_enabled, list(answers)) == (False, [])


def test_an_unknown_account_is_nobody_s() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "billing.payouts.services.read_account_status",
            lambda _: AccountStatus(charges_enabled=True, payouts_enabled=True, details_submitted=True),
        )
        assert refresh_stripe_account(stripe_account_id="acct_nobody") is None
