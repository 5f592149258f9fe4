"""Money on its way to a bank: it arrives, comes back, or comes back after it had arrived; the books say so each time."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.sellers.models import FormerStripeAccount, SellerProfile
from billing.inbox.handlers import handle_payout
from billing.inbox.models import StripeEvent
from billing.ledger.models import LedgerEntry, LedgerTransaction
from billing.ledger.payouts import reconcile_payout
from billing.ledger.selectors import balances_of
from billing.ledger.statements import seller_balances
from billing.orders.models import Order
from billing.payments.refunding import continue_refund
from billing.payouts.models import Payout
from billing.refunds.services import refund_by_seller
from billing.stripe.movement_data import Movement, MovementKind
from billing.stripe.payouts import StripePayout, read_payout
from common.money import Money
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.billing import StripeEventFactory
from tests.support.sandbox import Sandbox, running_sandbox

PART = 450  # of the one sale: 500 less our fee


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: its clock is set forward."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def account(paid: Order, sandbox: Sandbox) -> str:
    """The account of a seller with one sale, which Stripe has begun to pay out."""
    sandbox.control("/clock/advance", days=3)
    return paid.destination_account_id


def newest(sandbox: Sandbox, account: str) -> str:
    listed = sandbox.http.get("/v1/payouts", params={"limit": 1}, headers={"Stripe-Account": account}).json()
    return str(listed["data"][0]["id"])


def of_seller(seller_id: UUID) -> dict[str, int]:
    found = balances_of(LedgerEntry.objects.filter(seller=seller_id))
    return {account.value: money.minor for account, [money] in found.items()}


def heard(payout_id: str, account: str) -> Payout:
    payout = reconcile_payout(payout_id=payout_id, account_id=account)
    assert payout is not None
    return payout


def test_a_payout_is_on_its_way_until_it_arrives(account: str, seller: SellerProfile, sandbox: Sandbox) -> None:
    key = newest(sandbox, account)
    sent = heard(key, account)
    on_its_way = of_seller(seller.pk)
    [balance] = seller_balances(seller_id=seller.pk, now=timezone.now() + (sent.arrives_at - sent.created_at) * 4)
    for _ in range(2):
        sandbox.control(f"/payouts/{key}/move-on")
    arrived = heard(key, account)
    again = heard(key, account)

    assert (sent.status, sent.seller_id, sent.money, str(sent)) == ("pending", seller.pk, Money(PART, "eur"), f"€4.50 {key}, pending")
    assert on_its_way == {"payouts": PART, "seller_payable": -PART}
    assert (balance.available.minor, balance.on_its_way.minor) == (0, PART)
    assert (arrived.status, again.status, of_seller(seller.pk)) == ("paid", "paid", {})
    kinds = LedgerTransaction.objects.filter(payout=key).order_by("posted_at").values_list("kind", flat=True)
    assert list(kinds) == ["payout", "payout_paid"]


def test_a_refund_after_the_payout_leaves_the_balance_below_zero_and_its_page_says_how_that_is_settled(
    account: str, paid: Order, seller: SellerProfile, sandbox: Sandbox
) -> None:
    key = newest(sandbox, account)
    sandbox.control("/clock/advance", days=3)
    assert heard(key, account).status == "paid"
    client = Client()
    client.force_login(person_of(seller))

    continue_refund(refund_id=refund_by_seller(order=paid, amount=None, reason="Too late.", actor=person_of(seller)).pk)

    paid.refresh_from_db()
    (balance,) = seller_balances(seller_id=seller.pk, now=timezone.now() + timedelta(days=30))
    assert (paid.state, balance.available) == ("refunded", Money(-PART, "eur"))
    page = client.get(reverse("billing:balance")).content.decode()
    assert "is below zero, because money went back that had been paid out. Stripe takes it from your next sales" in " ".join(page.split())


@pytest.fixture
def owing(account: str, paid: Order, seller: SellerProfile, sandbox: Sandbox) -> str:
    """The account of a seller whose one sale was refunded after it had been paid out."""
    key = newest(sandbox, account)
    sandbox.control("/clock/advance", days=3)
    heard(key, account)
    continue_refund(refund_id=refund_by_seller(order=paid, amount=None, reason="Too late.", actor=person_of(seller)).pk)
    assert of_seller(seller.pk) == {"stripe": -PART, "seller_payable": PART}
    return account


def pages(seller: SellerProfile) -> tuple[str, str]:
    """What the seller reads of their balance, and of their payouts."""
    client = Client()
    client.force_login(person_of(seller))
    balance, payouts = (client.get(reverse(f"billing:{name}")).content.decode() for name in ("balance", "payouts"))
    return " ".join(balance.split()), payouts


def test_what_stripe_takes_from_a_bank_makes_up_for_a_balance_below_zero(owing: str, seller: SellerProfile, sandbox: Sandbox) -> None:
    (taken,) = sandbox.control(f"/accounts/{owing}/debit")["taken"]
    under_way = heard(taken["id"], owing)
    (balance,) = seller_balances(seller_id=seller.pk, now=timezone.now() + timedelta(days=30))
    meanwhile, _ = pages(seller)
    for _ in range(2):
        sandbox.control(f"/payouts/{taken['id']}/move-on")
    assert under_way.money == Money(-PART, "eur")
    assert (balance.available, balance.on_its_way) == (Money(0, "eur"), Money(-PART, "eur"))
    assert "Being taken from your bank" in meanwhile
    assert "is below zero," not in meanwhile

    done = [heard(taken["id"], owing) for _ in range(2)][-1]

    assert (done.status, done.debit, done.status_words) == ("paid", Money(PART, "eur"), "Taken from your bank")
    assert of_seller(seller.pk) == {}
    page, _ = pages(seller)
    assert '<th scope="row">Taken from your bank</th>' in page
    assert "For your balance, which was below zero" in page
    assert "Being taken from your bank" not in page
    (arrived,) = LedgerTransaction.objects.filter(payout=done, kind="payout_paid")
    assert {entry.account: entry.amount for entry in arrived.entries.all()} == {"payouts": PART, "seller_payable": -PART}


def test_what_a_bank_does_not_pay_is_missing_again_and_its_seller_is_told(owing: str, seller: SellerProfile, sandbox: Sandbox) -> None:
    (taken,) = sandbox.control(f"/accounts/{owing}/debit")["taken"]
    heard(taken["id"], owing)
    sandbox.control(f"/payouts/{taken['id']}/fail", code="account_closed")

    failed = heard(taken["id"], owing)

    assert (failed.status, failed.status_words) == ("failed", "Refused by your bank")
    assert of_seller(seller.pk) == {"stripe": -PART, "seller_payable": PART}
    balance, payouts = pages(seller)
    assert "is below zero, because money went back" in balance
    assert "Stripe could not take €4.50 from your bank account." in payouts
    assert "came back" not in payouts
    (mail,) = OutgoingMail.objects.filter(key__startswith=f"payout-returned:{failed.pk}")
    assert mail.subject == f"Stripe could not take €4.50 from the bank account of {seller.display_name}"
    assert "The bank account has been closed." in mail.body_text
    assert "nothing is lost" not in mail.body_text


def test_a_payout_that_fails_is_theirs_again(account: str, seller: SellerProfile, sandbox: Sandbox) -> None:
    key = newest(sandbox, account)
    heard(key, account)
    sandbox.control(f"/payouts/{key}/fail", code="account_closed")

    failed = heard(key, account)

    assert (failed.status, failed.failure) == ("failed", "The bank account has been closed.")
    assert of_seller(seller.pk) == {"stripe": PART, "seller_payable": -PART}
    assert (failed.status_words, failed.has_come_back) == ("Came back", True)
    assert seller.account.user is not None
    client = Client()
    client.force_login(seller.account.user)
    page = client.get(reverse("billing:balance")).content.decode()
    assert "Came back" in page
    assert "The bank account has been closed." in page
    assert "Your last payout of €4.50 came back." in client.get(reverse("billing:payouts")).content.decode()
    heard(key, account)
    (mail,) = OutgoingMail.objects.filter(key__startswith="payout-returned:")
    assert (mail.to, mail.subject) == (seller.account.user.email, f"A payout of €4.50 to {seller.display_name} came back")
    assert "The bank account has been closed." in mail.body_text


def test_what_had_arrived_and_comes_back_is_theirs_again(account: str, seller: SellerProfile, sandbox: Sandbox) -> None:
    key = newest(sandbox, account)
    for _ in range(2):
        sandbox.control(f"/payouts/{key}/move-on")
    heard(key, account)
    sandbox.control(f"/payouts/{key}/fail", code="account_closed")

    for _ in range(2):
        heard(key, account)

    assert of_seller(seller.pk) == {"stripe": PART, "seller_payable": -PART}
    keys = LedgerTransaction.objects.filter(payout=key, kind="payout_paid").order_by("key").values_list("key", flat=True)
    assert list(keys) == [f"{key}:paid:1", f"{key}:paid:2"]


def test_an_answer_that_was_overtaken_does_not_take_a_payout_back(
    account: str, seller: SellerProfile, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = newest(sandbox, account)
    old = read_payout(key, account_id=account)
    for _ in range(2):
        sandbox.control(f"/payouts/{key}/move-on")
    heard(key, account)
    monkeypatch.setattr("billing.ledger.payouts.read_payout", lambda *_, **__: old)

    late = heard(key, account)

    assert (late.status, of_seller(seller.pk)) == ("paid", {})


@pytest.mark.django_db
def test_our_own_payout_stays_where_our_bank_is_and_its_fee_is_our_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    amount, now = Money(900, "eur"), timezone.now()
    moved = Movement("txn_1", MovementKind.PAYOUT, "po_1", -amount, Money(9, "eur"), -amount, now, now)
    ours = StripePayout("po_1", "paid", amount, "", now, now, (moved,))
    monkeypatch.setattr("billing.ledger.payouts.read_payout", lambda *_, **__: ours)

    assert heard("po_1", "").seller is None
    assert {account.value: money.minor for account, [money] in balances_of(LedgerEntry.objects.all()).items()} == {
        "stripe": -909,
        "stripe_fee": 9,
        "payouts": 900,
    }


def test_a_payout_of_a_former_account_is_its_sellers_and_one_of_nobodys_account_is_left_alone(
    account: str, seller: SellerProfile, sandbox: Sandbox
) -> None:
    key = newest(sandbox, account)
    SellerProfile.objects.filter(pk=seller.pk).update(stripe_account_id=None)
    assert reconcile_payout(payout_id=key, account_id=account) is None
    assert Payout.objects.count() == 0

    FormerStripeAccount.objects.create(stripe_account_id=account, seller=seller, reason="x")

    assert heard(key, account).seller_id == seller.pk


def test_an_event_brings_a_payout_into_the_books(account: str, sandbox: Sandbox) -> None:
    key = newest(sandbox, account)
    events: list[StripeEvent] = [
        StripeEventFactory(type="payout.created", object_id=key, account_id=of) for of in (account, "acct_of_somebody_else")
    ]

    for event in events:
        handle_payout(event)
        event.refresh_from_db()

    assert [event.outcome for event in events] == ["payout pending", "nobody's account here"]
    assert Payout.objects.get().pk == key
