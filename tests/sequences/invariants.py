"""What holds after each step, whatever has been heard of; and what holds once everything has been."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils import timezone
from hypothesis.stateful import invariant

from billing.discounts.selectors import uses_of
from billing.disputes.models import DisputeEvidence, TransferReversal
from billing.inbox.models import StripeEvent
from billing.invoices.models import Document
from billing.ledger.models import Account, LedgerEntry
from billing.orders.models import Order
from billing.orders.state import HOLDING_STATES
from billing.payments.unheard import LATE
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from tests.sequences.expected import OPEN, Expected, Standing

PAUSED = {Standing.HELD: False, Standing.PAUSED: True}
HOLDING = (*OPEN, "appeal_needs_response", "appeal_under_review")  # statuses of disputes in which the bank has the money and decides
STRIPE, PAYABLE, PAYOUTS = Account.STRIPE, Account.SELLER_PAYABLE, Account.PAYOUTS


class Invariants(Expected):
    """Books, access and Stripe's figures."""

    looked_at = 0  # entries, which are never changed

    @invariant()
    def books_agree(self) -> None:
        """Looked at as often as something was posted."""
        self.played.steps += 1
        count = LedgerEntry.objects.count()
        if count != self.looked_at:
            self.looked_at = count
            self.check_books_balance()
            self.check_what_is_in_the_books()

    def check_books_balance(self) -> None:
        """Each transaction comes to nothing, and what a seller's account holds mirrors what is payable to them."""
        entries = LedgerEntry.objects.order_by()
        uneven = entries.values("transaction", "currency").annotate(total=Sum("amount")).exclude(total=0)
        assert not list(uneven), "a transaction does not balance"
        mirrored = entries.filter(seller__isnull=False, account__in=(STRIPE, PAYABLE, PAYOUTS))
        assert not list(mirrored.values("seller", "currency").annotate(total=Sum("amount")).exclude(total=0)), (
            "a seller's side does not balance"
        )

    def check_what_is_in_the_books(self) -> None:
        """It is what Stripe has moved, to the cent, movement by movement. What we have not heard of is not in the books yet."""
        moved = self.sandbox.moved()
        rows = LedgerEntry.objects.filter(account=STRIPE).order_by().values_list("transaction__key", "seller", "currency")
        for key, seller, currency, amount in rows.annotate(total=Sum("amount")):
            owner, theirs, net = moved[key]
            if self.account_of(seller) == owner:
                assert (currency, amount) == (theirs, net), key

    def account_of(self, seller: UUID | None) -> str:
        """The account at Stripe of a seller; empty for our own."""
        return next((str(each.stripe_account_id) for each in self.shop.sellers if each.pk == seller), "")

    @invariant()
    def nothing_is_given_back_or_used_twice(self) -> None:
        back = Sum("refunds__amount", filter=~Q(refunds__state="failed"), default=0)
        wrong = Q(back__gt=F("amount")) | Q(flag__startswith="Stripe differs")
        found = Order.objects.order_by().annotate(back=back).filter(wrong)
        told = [_told(order) for order in found if order.flag.startswith("Stripe differs") or _given_back(order) > order.amount]
        assert not told, told
        if any(sale.code for sale in self.sales):
            uses = uses_of([code.pk for code in self.codes])
            assert all(uses[code.pk].count <= (code.most_uses or 99) for code in self.codes)

    def check_access(self) -> None:
        """Who holds what follows from the payments at Stripe and from what was given, and nobody has paid for the same twice and kept it."""
        lasting = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
        live = Entitlement.objects.live().filter(lasting).values_list("source_id", "holder_id", "image_id", "suspended_at")
        held = {(source, holder, image): paused is not None for source, holder, image, paused in live}
        bought: set[tuple[UUID, frozenset[UUID]]] = set()
        for access in self.expected():
            keys = {(access.source, access.holder, image): standing for image, standing in access.standings.items()}
            ours = {key: held.pop(key) for key in keys if key in held}
            ours = {key: paused for key, paused in ours.items() if keys[key] is not Standing.EITHER}
            theirs = {key: PAUSED[standing] for key, standing in keys.items() if standing in PAUSED}
            assert ours == theirs, access
            if access.sale and set(access.standings.values()) <= PAUSED.keys():
                assert (access.holder, access.sale.images) not in bought, "somebody has paid for the same twice and kept it"
                bought.add((access.holder, access.sale.images))
        assert not held, "somebody holds what nothing stands for"

    def check_totals(self) -> None:
        """Stripe's balances and ours agree to the cent, for each account and currency."""
        theirs: dict[tuple[str, str], int] = defaultdict(int)
        for owner, currency, net in self.sandbox.moved().values():
            theirs[owner, currency] += net
        rows = LedgerEntry.objects.filter(account=STRIPE).order_by().values_list("seller", "currency")
        ours = {(self.account_of(seller), code): total for seller, code, total in rows.annotate(total=Sum("amount"))}
        assert {key: total for key, total in ours.items() if total} == {key: total for key, total in theirs.items() if total}

    def check_accounts(self) -> None:
        """What was on its way has arrived: nothing is left in the accounts that come to nothing."""
        rows = LedgerEntry.objects.filter(account__in=(Account.BUYERS_CLEARING, Account.TAX)).order_by()
        assert not list(rows.values("account", "currency").annotate(total=Sum("amount")).exclude(total=0))
        undecided = {each["id"] for each in self.sandbox.find("dispute") if each["status"] in HOLDING}
        held = LedgerEntry.objects.filter(account=Account.DISPUTES_HELD).order_by().values("transaction__dispute", "currency")
        left = set(held.annotate(total=Sum("amount")).exclude(total=0).values_list("transaction__dispute", flat=True))
        assert left <= undecided, "a bank holds what it has decided about"
        self.check_payouts()

    def check_payouts(self) -> None:
        """Each is what Stripe says of it, once it should have arrived; one that is on its way may have got further."""
        ours = dict(Payout.objects.values_list("pk", "status"))
        owners = ["", *(str(seller.stripe_account_id) for seller in self.shop.sellers)]
        theirs = [payout for owner in owners for payout in self.sandbox.find("payout", owner=owner)]
        assert set(ours) == {payout["id"] for payout in theirs}
        arrived = [payout for payout in theirs if payout["arrival_date"] + LATE.total_seconds() < self.sandbox.config.now()]
        assert {payout["id"]: ours[payout["id"]] for payout in arrived} == {payout["id"]: payout["status"] for payout in arrived}

    def check_documents(self) -> None:
        """What was invoiced less what was credited is what sellers keep, and the numbers of a seller's year follow each other."""
        for order in Order.objects.filter(documents__isnull=False).distinct():
            back = sum(order.refunds.filter(state="succeeded").values_list("amount", flat=True))
            lost = order.disputes.filter(status="lost").exists()
            assert sum(order.documents.values_list("amount", flat=True)) == (0 if lost else order.amount - back), order
        numbers = defaultdict(list)
        for seller, year, serial in Document.objects.order_by("serial").values_list("seller", "issued_at__year", "serial"):
            numbers[seller, year].append(serial)
        assert all(serials == list(range(1, len(serials) + 1)) for serials in numbers.values()), numbers
        sold = Order.objects.filter(state__in=[*HOLDING_STATES, "disputed"], amount__gt=0)
        assert not sold.filter(documents__isnull=True).exists()

    def check_codes(self) -> None:
        uses = uses_of([code.pk for code in self.codes])
        for code in self.codes:
            least, most = self.uses(code.pk)
            assert least <= uses[code.pk].count <= most, code

    def waiting(self) -> list[str]:
        """What the shop has yet to do by itself; a buyer who has an open page may take their time."""
        now = timezone.now()
        rows = (
            StripeEvent.objects.filter(handled_at=None),
            Refund.objects.filter(state="waiting"),
            TransferReversal.objects.filter(state="waiting", dispute__status="lost"),
            DisputeEvidence.objects.filter(state="waiting"),
            Order.objects.filter(state="pending", checkout_expires_at__lt=now - timedelta(hours=6)).exclude(paid_with__gt=""),
            Order.objects.filter(paid_at__isnull=False, booked_at=None, amount__gt=0),
            Subscription.objects.running().filter(end_wanted_at__isnull=False),
        )
        return [str(row) for found in rows for row in found]


def _given_back(order: Order) -> int:
    """What has been given back or will be; never less than what Stripe has.

    A refund of ours that waits may be overtaken by refunds of the dashboard. Stripe is then asked for what they leave of it, and until then
    its row says what was requested: so what we have heard of since it was requested is a part of it, not more.
    """
    refunds = list(order.refunds.exclude(state=Refund.State.FAILED))
    made = sum(refund.amount for refund in refunds if refund.stripe_refund_id)
    waiting = [refund.created_at for refund in refunds if not refund.stripe_refund_id]
    overtaking = [refund for refund in refunds if refund.origin == Refund.Origin.STRIPE and waiting and refund.created_at >= min(waiting)]
    return max(made, sum(refund.amount for refund in refunds) - sum(refund.amount for refund in overtaking))


def _told(order: Order) -> str:
    refunds = ", ".join(f"{refund.money} by {refund.origin}, {refund.state}" for refund in order.refunds.order_by("created_at"))
    return f"{order.number} of {order.money}, {order.state}: {refunds or 'no refunds'}; {order.flag or 'no flag'}"
