"""What Stripe has moved and nothing in the shop has made is posted by staff, once, and both sides agree then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.statements import seller_balances, summaries
from billing.reconciliation.comparing import compare
from billing.reconciliation.errors import DifferenceEnded, DifferenceNotPostable, NothingToPost
from billing.reconciliation.forms import PostForm
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.posting import AGAINST, post_difference
from tests.billing.conftest import person_of
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.billing import StatementLineFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Difference.Kind


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


@pytest.fixture
def ours(transactional_db: None) -> Statement:
    return Statement.objects.create(account_id="", read_until=timezone.now() + timedelta(hours=1))


def look(statement: Statement) -> list[str]:
    """Compare with the books, and return which differences there are."""
    compare(statement, now=timezone.now() + timedelta(hours=2))
    return list(Difference.objects.filter(ended_at=None).values_list("kind", flat=True))


def missing(statement: Statement, **line: object) -> Difference:
    """A movement at Stripe, compared with books that lack it."""
    StatementLineFactory(statement=statement, **line)
    assert look(statement) == [Kind.MISSING_HERE]
    return Difference.objects.get(ended_at=None)


def sides(row: LedgerTransaction) -> dict[str, int]:
    return {entry.account: entry.amount for entry in row.entries.all()}


@pytest.mark.parametrize(
    ("line", "against", "entries"),
    [
        ({"type": "stripe_fee", "amount": -240, "fee": 0}, Account.STRIPE_FEE, {"stripe": -240, "stripe_fee": 240}),
        ({"type": "topup", "amount": 9000, "fee": 0}, Account.PAYOUTS, {"stripe": 9000, "payouts": -9000}),
        ({"type": "charge", "amount": 500, "fee": 33}, Account.PLATFORM_FEE, {"stripe": 467, "stripe_fee": 33, "platform_fee": -500}),
        ({"type": "adjustment", "amount": -70, "fee": 0, "currency": "jpy"}, Account.REFUNDS, {"stripe": -70, "refunds": 70}),
    ],
    ids=["stripe's fee", "top-up", "income", "adjustment"],
)
def test_what_no_sale_has_moved_is_posted_and_the_balance_is_stripes(
    ours: Statement, staff: User, line: dict[str, object], against: Account, entries: dict[str, int]
) -> None:
    difference = missing(ours, **line)

    row = post_difference(difference=difference, against=against, reason="The bill of November.", actor=staff)

    seen = StatementLine.objects.get()
    assert (row.kind, row.key, row.stripe_source_id, sides(row)) == ("by_hand", seen.pk, seen.source_id, entries)
    assert (row.order, row.payout, row.happened_at, row.entries.all()[0].currency) == (None, None, seen.created_at, seen.currency)
    assert entries["stripe"] == seen.amount - seen.fee
    assert (look(ours), StatementLine.objects.get().agreed_at is not None) == ([], True)
    difference.refresh_from_db()
    assert (difference.outcome, difference.ended_at is not None) == ("Posted: The bill of November.", True)
    event = AuditEvent.objects.get(action="difference.posted")
    assert (event.actor, event.reason, event.details["against"]) == (staff, "The bill of November.", against.value)


def test_what_has_moved_a_sellers_balance_is_payable_to_them_and_in_their_statement(staff: User, client) -> None:
    seller = SellerFactory()
    statement = Statement.objects.create(account_id="acct_x", seller=seller, read_until=timezone.now() + timedelta(hours=1))
    difference = missing(statement, type="adjustment", amount=-300, fee=20)

    row = post_difference(difference=difference, against=Account.STRIPE_FEE, reason="By Stripe's support.", actor=staff)

    assert sides(row) == {"stripe": -320, "seller_payable": 320}
    assert set(row.entries.values_list("seller", flat=True)) == {seller.pk}
    assert look(statement) == []
    [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())
    assert balance.available.minor == -320
    month = row.happened_at.date().replace(day=1)
    [summed] = summaries(seller_id=seller.pk, month=month)
    assert (summed.opening.minor, summed.other.minor, summed.closing.minor) == (0, -320, -320)
    client.force_login(person_of(seller))
    page = client.get(f"/selling/balance/?month={month:%Y-%m}").content.decode()
    assert page.count('data-th="Other"') == 1
    assert "Posted by staff" in page
    assert 'data-th="Other"' not in client.get(f"/selling/balance/?month={month - timedelta(days=40):%Y-%m}").content.decode()


def test_what_two_people_post_at_once_is_in_the_books_once(ours: Statement, staff: User) -> None:
    difference = missing(ours, type="stripe_fee", amount=-240, fee=0)

    outcomes = run_in_threads(
        4, lambda number: post_difference(difference=difference, against=AGAINST[number], reason="The bill.", actor=staff)
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DifferenceEnded"] * 3 + ["LedgerTransaction"]
    assert (LedgerTransaction.objects.count(), LedgerEntry.objects.filter(account="stripe").get().amount) == (1, -240)


def test_without_a_reason_and_after_its_end_nothing_is_posted(ours: Statement, staff: User) -> None:
    difference = missing(ours, type="stripe_fee", amount=-240, fee=0)

    with pytest.raises(ReasonMissing):
        post_difference(difference=difference, against=Account.STRIPE_FEE, reason=" ", actor=staff)
    assert LedgerTransaction.objects.count() == 0
    post_difference(difference=difference, against=Account.STRIPE_FEE, reason="The bill.", actor=staff)
    with pytest.raises(DifferenceEnded):
        post_difference(difference=difference, against=Account.STRIPE_FEE, reason="The bill.", actor=staff)

    assert LedgerTransaction.objects.count() == 1


def test_what_the_books_have_by_now_is_not_posted_again(ours: Statement, staff: User) -> None:
    difference = missing(ours, type="stripe_fee", amount=-240, fee=0)
    post_difference(difference=difference, against=Account.STRIPE_FEE, reason="The bill.", actor=staff)
    Difference.objects.update(ended_at=None)

    with pytest.raises(NothingToPost):
        post_difference(difference=difference, against=Account.PAYOUTS, reason="The bill.", actor=staff)

    assert (LedgerTransaction.objects.count(), Difference.objects.get().ended_at) == (1, None)


@pytest.mark.parametrize("kind", [Kind.AMOUNT, Kind.FEE, Kind.MISSING_THERE])
def test_what_the_books_have_is_not_posted(ours: Statement, staff: User, kind: Kind) -> None:
    difference = missing(ours, type="stripe_fee", amount=-240, fee=0)
    Difference.objects.update(kind=kind)

    with pytest.raises(DifferenceNotPostable):
        post_difference(difference=difference, against=Account.STRIPE_FEE, reason="The bill.", actor=staff)

    assert (LedgerTransaction.objects.count(), Difference.objects.get().ended_at) == (0, None)


def test_a_movement_that_stripe_lists_otherwise_than_it_was_posted_differs(ours: Statement, staff: User) -> None:
    difference = missing(ours, type="stripe_fee", amount=-240, fee=0)
    post_difference(difference=difference, against=Account.STRIPE_FEE, reason="The bill.", actor=staff)
    StatementLine.objects.update(amount=-250)

    assert look(ours) == [Kind.AMOUNT]
    assert list(Difference.objects.filter(ended_at=None).values_list("stripe_amount", "booked_amount")) == [(-250, -240)]


def test_the_other_side_is_one_of_a_short_list() -> None:
    sent = {"reason": "The bill.", "against": "payouts"}
    assert PostForm(sent).is_valid()
    for against in ("", "seller_payable", "stripe"):
        assert list(PostForm({**sent, "against": against}).errors) == ["against"]
