"""A dispute opened suspends, won restores, lost revokes, whatever order its events come in; buyer, seller and staff read of each."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.disputes.mails import tell_buyer_of_dispute, tell_seller_of_dispute
from billing.disputes.tasks import remind_of_disputes
from billing.inbox.services import handle_event
from billing.ledger.models import LedgerTransaction
from billing.orders.models import Order
from billing.payments import tasks
from billing.payments.reconcile import reconcile_order
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import DisputeFactory, PaidOrderFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")
ENDS = [pytest.param("win", "paid", 1, id="won restores"), pytest.param("lose", "charged_back", 0, id="lost revokes")]


def subjects(reader: User) -> list[str]:
    return list(
        OutgoingMail.objects.filter(to=reader.email, key__startswith="dispute").order_by("created_at").values_list("subject", flat=True)
    )


@pytest.mark.parametrize(("verdict", "state", "held"), ENDS)
def test_dispute_opened_won_lost_suspends_restores_revokes(
    disputed: Order, buyer: User, seller: SellerProfile, sandbox: Sandbox, holds: Any, sides: Any, verdict: str, state: str, held: int
) -> None:
    assert (disputed.state, holds(buyer), sides(disputed)["disputes_held"]) == ("disputed", [], 500)
    assert sides(disputed)["stripe_fee"] == 2033  # the bank's fee is in the books
    sandbox.control(f"/disputes/{disputed.disputes.get().pk}/{verdict}")

    order = reconcile_order(order_id=disputed.pk)
    tasks.continue_waiting_reversals()

    assert (order.state, len(holds(buyer)), order.flagged_at) == (state, held, None)
    assert not {"disputes_held", "disputes_lost"} & sides(order).keys()
    ends = {"win": "The dispute about Postgres HA has ended", "lose": "Your bank has returned the money for Postgres HA"}
    assert subjects(buyer) == ["Pull access is paused: your bank asks about Postgres HA", ends[verdict]]
    asked = f"A buyer’s bank asks about €5.00, order {order.number}"
    decided = {"win": f"Dispute won: €5.00, order {order.number}", "lose": f"Dispute lost: €5.00, order {order.number}"}
    assert subjects(person_of(seller)) == [asked, decided[verdict]]


@pytest.mark.parametrize(
    "order_of_events", list(permutations(KINDS)), ids=lambda kinds: " ".join(kind.rpartition(".")[2] for kind in kinds)
)
@pytest.mark.parametrize(("verdict", "state", "held"), ENDS)
def test_dispute_closed_before_created_and_every_other_order_of_events_comes_to_the_same(
    paid: Order, buyer: User, sandbox: Sandbox, holds: Any, order_of_events: tuple[str, ...], verdict: str, state: str, held: int
) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.post(f"/disputes/{dispute}", submit="true")
    sandbox.control(f"/disputes/{dispute}/{verdict}")

    for kind in (*order_of_events, order_of_events[0]):  # and one of them twice
        handle_event(event_id=sandbox.deliver(kind, dispute))

    paid.refresh_from_db()
    assert (paid.state, len(holds(buyer)), paid.disputes.count()) == (state, held, 1)
    found = list(LedgerTransaction.objects.filter(order=paid, kind="dispute").values_list("stripe_source_id", flat=True))
    assert found == [dispute] * (2 if verdict == "win" else 1)


def test_an_inquiry_pauses_nothing_and_its_end_is_told(
    paid: Order, buyer: User, seller: SellerProfile, sandbox: Sandbox, holds: Any
) -> None:
    dispute = sandbox.dispute(paid, inquiry=True)
    assert (reconcile_order(order_id=paid.pk).state, len(holds(buyer)), subjects(buyer)) == ("paid", 1, [])

    sandbox.control(f"/disputes/{dispute}/status", status="warning_closed")
    reconcile_order(order_id=paid.pk)

    asked, closed = subjects(person_of(seller))
    assert (asked, closed) == (
        f"A buyer’s bank asks about €5.00, order {paid.number}",
        f"The bank has closed its question about order {paid.number}",
    )
    assert not LedgerTransaction.objects.filter(kind="dispute").exists()


def test_an_inquiry_that_becomes_a_dispute_suspends(paid: Order, buyer: User, sandbox: Sandbox, holds: Any) -> None:
    dispute = sandbox.dispute(paid, inquiry=True)
    reconcile_order(order_id=paid.pk)

    sandbox.control(f"/disputes/{dispute}/status", status="needs_response")

    assert (reconcile_order(order_id=paid.pk).state, holds(buyer)) == ("disputed", [])


def test_an_organisations_owners_and_billing_people_are_told_and_its_editors_are_not(transactional_db: None) -> None:
    team = OrganisationFactory()
    told = [MembershipFactory(account=team, role=role).user.email for role in ("owner", "billing")]
    MembershipFactory(account=team, role="editor")
    dispute = DisputeFactory(order=PaidOrderFactory(buyer=team))

    tell_buyer_of_dispute(dispute.order)
    for _ in range(2):
        tell_seller_of_dispute(dispute=dispute, key="k", reminder=True)

    mails = OutgoingMail.objects.filter(key__startswith="dispute-buyer:")
    assert sorted(mails.values_list("to", flat=True)) == sorted([dispute.order.email, *told])
    assert OutgoingMail.objects.filter(key__startswith="dispute-seller:").count() == 1


def test_the_seller_is_reminded_with_staff(transactional_db: None) -> None:
    UserFactory(staff=True)
    dispute = DisputeFactory(respond_by=timezone.now() + timedelta(hours=40))

    assert [remind_of_disputes(), remind_of_disputes()] == [1, 0]

    (subject,) = subjects(person_of(dispute.order.seller))
    assert subject == f"Reminder: say what you know about the dispute over €5.00, order {dispute.order.number}"
