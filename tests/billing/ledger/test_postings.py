"""Whatever Stripe moves, in whichever currency it settles: a transaction balances, and our balance gains what Stripe says."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.models import Account
from billing.ledger.postings import WITH_THE_SELLER, Causes, Line, balances, merged, posting_of
from billing.orders.models import Order
from billing.stripe.movement_data import Movement, MovementKind
from common.currencies import CURRENCIES
from common.money import Money

SELLER = UUID(int=7)
ORDER = Order(seller_id=SELLER)
EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
OF_PAYMENTS = [kind for kind in MovementKind if not kind.startswith("payout")]
amounts = st.integers(-(10**8), 10**8).filter(bool)
codes = st.sampled_from(sorted(CURRENCIES))


def movement(kind: MovementKind, amount: Money, *, fee: int = 0, sold: Money | None = None, refund: str = "") -> Movement:
    return Movement(
        stripe_id="txn_1",
        kind=kind,
        source_id="xx_1",
        amount=amount,
        fee=Money(fee, amount.currency),
        sold_amount=sold or amount,
        happened_at=EARLY,
        available_at=EARLY,
        refund_stripe_id=refund,
    )


def of(lines: tuple[Line, ...], account: Account, seller: UUID | None = None) -> list[Money]:
    return [line.money for line in lines if (line.account, line.seller_id) == (account, seller)]


@given(st.sampled_from(OF_PAYMENTS), amounts, codes, st.integers(0, 10**6))
def test_each_movement_balances_and_our_balance_gains_its_net(kind: MovementKind, minor: int, code: str, fee: int) -> None:
    moved = movement(kind, Money(minor, code), fee=fee)

    lines = posting_of(moved, Causes(order=ORDER)).lines

    assert balances(lines)
    assert sum(money.minor for money in of(lines, Account.STRIPE)) == moved.net.minor
    assert sum(money.minor for money in of(lines, Account.STRIPE_FEE)) == fee
    theirs, payable = of(lines, Account.STRIPE, SELLER), of(lines, Account.SELLER_PAYABLE, SELLER)
    assert [-money for money in theirs] == payable
    assert bool(payable) == (kind in WITH_THE_SELLER)


@given(st.sampled_from(OF_PAYMENTS), amounts, codes, amounts, codes)
def test_what_was_converted_balances_in_both_currencies(kind: MovementKind, minor: int, code: str, sold: int, sold_in: str) -> None:
    moved = movement(kind, Money(minor, code), sold=Money(sold if code != sold_in else minor, sold_in))

    lines = posting_of(moved, Causes(order=ORDER)).lines

    assert balances(lines)
    assert bool(of(lines, Account.EXCHANGE)) == (code != sold_in)


def test_what_is_taken_back_after_a_dispute_reduces_the_loss_and_not_the_refunds() -> None:
    by_hand, of_a_refund = (movement(MovementKind.TRANSFER_REVERSAL, Money(500, "eur"), refund=refund) for refund in ("", "re_1"))
    disputed = Causes(order=ORDER, disputes={"dp_1": None})  # type: ignore[dict-item]  # only whether there is one counts

    assert of(posting_of(by_hand, disputed).lines, Account.DISPUTES_LOST) == [Money(-500, "eur")]
    assert of(posting_of(of_a_refund, disputed).lines, Account.REFUNDS) == [Money(-500, "eur")]
    assert of(posting_of(by_hand, Causes(order=ORDER)).lines, Account.REFUNDS) == [Money(-500, "eur")]


def test_a_sellers_part_is_available_when_the_payment_is() -> None:
    causes = Causes(order=ORDER, charge_available_at=LATE)
    amount = Money(500, "eur")

    assert posting_of(movement(MovementKind.TRANSFER, amount), causes).available_at == LATE
    assert posting_of(movement(MovementKind.CHARGE, amount), causes).available_at == EARLY
    assert posting_of(movement(MovementKind.TRANSFER, amount), Causes(order=ORDER)).available_at == EARLY


def test_lines_of_one_account_are_one_and_nothing_is_no_line() -> None:
    one, other = Line(Account.TAX, Money(5, "eur")), Line(Account.TAX, Money(-5, "eur"))

    assert merged([one, one]) == (Line(Account.TAX, Money(10, "eur")),)
    assert merged([one, other]) == ()
    assert [balances([one, other]), balances([one]), balances([])] == [True, False, False]
