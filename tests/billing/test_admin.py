"""Staff's view of the sale."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.inbox.models import StripeEvent
from billing.ledger.models import LedgerTransaction
from billing.orders.models import Order
from billing.orders.services import clear_flag
from billing.receipts.services import resend_receipt
from billing.reconciliation.advice import ADVICE
from billing.reconciliation.models import Difference
from billing.refunds.models import Refund
from billing.subscriptions.price_models import PriceAnnouncement
from marketplace.insights.models import BuyerPull
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.billing import (
    DifferenceFactory,
    DisputeFactory,
    OrderFactory,
    PaidOrderFactory,
    PriceChangeFactory,
    RefundFactory,
    StatementFactory,
    StatementLineFactory,
    StripeEventFactory,
)
from tests.factories.marketplace import PullCountFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def act(client: Client, name: str, *rows, **given: str):
    """Fill in the page of an act."""
    form = {"action": name, "index": "0", "_selected_action": [str(row.pk) for row in rows], "act_confirmed": "yes"}
    return client.post(f"/admin/billing/{rows[0]._meta.model_name}/", form | {"reason": "Asked for."} | given)


def test_staff_read_what_was_announced_and_change_nothing_of_it(client: Client) -> None:
    change = PriceChangeFactory(subscription__product__title="Postgres HA")
    announced, where = change.announcement, "/admin/billing/priceannouncement/"

    listed = [client.get(where, {"q": query}).content.decode() for query in ("Postgres", "nothing of it")]
    page = f"{where}{announced.pk}/change/"

    assert ["Postgres HA" in each for each in listed] == [True, False]
    assert "€5.00" in client.get(page).content.decode()
    assert page in client.get(f"/admin/billing/pricechange/{change.pk}/change/").content.decode()
    for address in (page, f"{where}add/", f"{where}{announced.pk}/delete/"):
        assert client.post(address, {"notice_days": 1, "post": "yes"}).status_code == 403
    assert PriceAnnouncement.objects.get().notice_days == announced.notice_days


def test_the_list_of_events_says_what_waits_and_what_failed(client: Client) -> None:
    now = timezone.now()
    waiting = StripeEventFactory(received_at=now - timedelta(hours=3))
    failed = StripeEventFactory(given_up_at=now, last_error="It is gone.")
    handled = StripeEventFactory(handled_at=now)
    where = "/admin/billing/stripeevent/"

    page = client.get(where).content.decode()
    shown = {state: client.get(where, {"state": state}).content.decode() for state in ("waiting", "failed", "handled")}

    assert "3\xa0hours" in page
    assert all(row.pk in page for row in (waiting, failed, handled))
    assert [[row.pk in each for row in (waiting, failed, handled)] for each in shown.values()] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert client.get("/admin/").content.decode().count("Stripe events that failed") == 1


@pytest.mark.parametrize("factory", [PaidOrderFactory, RefundFactory, DisputeFactory, StripeEventFactory, StatementLineFactory])
def test_each_noun_is_listed_searched_and_shown(client: Client, factory) -> None:
    row = factory()
    where = f"/admin/billing/{row._meta.model_name}/"

    assert str(row.pk) in client.get(where).content.decode()
    assert str(row.pk) in client.get(where, {"q": str(row.pk)}).content.decode()
    assert client.get(f"{where}{row.pk}/change/").status_code == 200
    assert client.get(f"{where}add/").status_code == 403


def test_an_order_links_to_its_related_rows(client: Client) -> None:
    order = PaidOrderFactory()

    page = client.get(f"/admin/billing/order/{order.pk}/change/").content.decode()

    for address in (
        f"/admin/accounts/account/{order.buyer_id}/change/",
        f"/admin/accounts/sellerprofile/{order.seller_id}/change/",
        f"/admin/billing/refund/?order__exact={order.pk}",
        f"/admin/billing/dispute/?order__exact={order.pk}",
        f"/admin/marketplace/entitlement/?source_id__exact={order.pk}",
    ):
        assert address in page


def test_a_refund_asks_why_and_how_much(client: Client, paid: Order, staff: User) -> None:
    form = {"action": "refund", "index": "0", "_selected_action": [str(paid.pk)]}
    page = client.post("/admin/billing/order/", form).content.decode()
    assert "A full refund ends pull" in page
    assert 'name="amount"' in page

    act(client, "refund", paid, amount="2.00 EUR")

    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.requested_by) == (200, "Asked for.", staff)
    act(client, "refund", paid, amount="3.01 EUR")
    act(client, "refund", paid)
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [200, 300]


def test_an_order_and_its_refund_show_what_was_pulled_since_the_sale(client: Client) -> None:
    refund = RefundFactory()
    order, now = refund.order, timezone.now()
    pages = [f"/admin/billing/order/{order.pk}/change/", f"/admin/billing/refund/{refund.pk}/change/"]
    assert all("Nothing was pulled since the sale." in client.get(page).content.decode() for page in pages)
    image = order.images.get().image
    PullCountFactory(image=image, buyer=order.buyer, day=now.date(), tag="", platform="")
    kept = {"digest": "sha256:" + "ab" * 32, "address": "203.0.113.7", "client": "docker/27", "first_at": now, "last_at": now}
    BuyerPull.objects.create(image=image, buyer=order.buyer, day=now.date(), count=1, **kept)

    shown = [client.get(page).content.decode() for page in pages]
    for name, row in (("refund", order), ("retry", refund)):  # and before they give money back
        form = {"action": name, "index": "0", "_selected_action": [str(row.pk)]}
        shown.append(client.post(f"/admin/billing/{row._meta.model_name}/", form).content.decode())
    for page in shown:
        assert f"1 × {image.repository}:(by digest), unknown" in page
        assert "from 203.0.113.0/24 with docker/27: sha256:abab" in page


def test_a_receipt_is_sent_again(client: Client, staff: User) -> None:
    order = PaidOrderFactory()

    act(client, "resend", order)
    act(client, "resend", order)
    act(client, "resend", OrderFactory())

    assert list(OutgoingMail.objects.values_list("to", flat=True)) == [order.email, order.email]
    assert AuditEvent.objects.filter(action="order.receipt_resent", actor=staff).count() == 2


def test_an_order_is_reconciled_on_demand(client: Client, opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened)

    act(client, "reconcile", opened)

    opened.refresh_from_db()
    assert opened.state == "paid"


def test_a_flag_is_cleared(client: Client, staff: User) -> None:
    order = PaidOrderFactory(flagged_at=timezone.now(), flag="Look.")

    act(client, "unflag", order)
    act(client, "unflag", order)

    order.refresh_from_db()
    assert (order.flagged_at, order.flag) == (None, "")
    assert AuditEvent.objects.get(action="order.flag_cleared").reason == "Asked for."


def test_an_event_is_handled_again(client: Client) -> None:
    event = StripeEventFactory(handled_at=timezone.now(), outcome="no order of ours")

    act(client, "retry", event)

    assert StripeEvent.objects.get().handled_at is None


@pytest.mark.parametrize("service", [clear_flag, resend_receipt])
def test_staff_say_why(service, staff: User) -> None:
    with pytest.raises(ReasonMissing):
        service(order=PaidOrderFactory(), reason=" ", actor=staff)


def test_a_refund_that_was_given_up_is_tried_again(client: Client) -> None:
    refund = RefundFactory(given_up_at=timezone.now(), attempts=80, last_error="APIError: away")

    act(client, "retry", refund)

    tried = Refund.objects.get()
    assert (tried.given_up_at, tried.attempts, tried.last_error) == (None, 0, "")


def test_differences_say_what_to_do_and_staff_explain_them(client: Client) -> None:
    difference = DifferenceFactory()
    where = f"/admin/billing/difference/{difference.pk}/change/"

    assert ADVICE[Difference.Kind.MISSING_HERE].partition(".")[0] in client.get(where).content.decode()
    assert client.get("/admin/billing/difference/").content.decode().count("Missing here") >= 1
    act(client, "explain", difference)

    difference.refresh_from_db()
    assert difference.outcome == "Explained: Asked for."
    assert "Differences of the books" in client.get("/admin/").content.decode()


def test_staff_post_what_is_missing_here(client: Client) -> None:
    difference, known = DifferenceFactory(line__statement__seller=None, line__statement__account_id=""), DifferenceFactory(kind="amount")
    pages = [client.get(f"/admin/billing/difference/{each.pk}/change/").content.decode() for each in (difference, known)]
    assert ['value="post"' in page for page in pages] == [True, False]
    assert 'name="against"' in act(client, "post", difference, against="stripe").content.decode()
    assert LedgerTransaction.objects.count() == 0

    act(client, "post", difference, against="stripe_fee")

    assert LedgerTransaction.objects.get().key == difference.line_id
    difference.refresh_from_db()
    assert difference.outcome == "Posted: Asked for."
    assert 'value="post"' not in client.get(f"/admin/billing/difference/{difference.pk}/change/").content.decode()


def test_a_statement_is_read_again_on_demand(client: Client) -> None:
    statement = StatementFactory(read_until=timezone.now(), closed_at=timezone.now())

    act(client, "again", statement)

    statement.refresh_from_db()
    assert (statement.read_until, statement.closed_at) == (None, None)


def test_the_same_click_twice_gives_a_part_back_once(client: Client) -> None:
    order, other = PaidOrderFactory(amount=500), PaidOrderFactory(amount=900)
    page = client.post(
        "/admin/billing/order/", {"action": "refund", "index": "0", "_selected_action": [str(order.pk), str(other.pk)]}
    ).content.decode()
    left = f"{order.pk}:500 {other.pk}:900"
    found = re.search(r'name="left" value="([^"]*)"', page)
    assert found
    assert sorted(found[1].split()) == sorted(left.split())

    for _ in range(2):
        answer = act(client, "refund", order, amount="1.00 EUR", left=left)
        assert answer.status_code == 302
    assert "Money of this order went back meanwhile, and €4.00 is left." in client.get(answer.url).content.decode()
    assert [refund.amount for refund in Refund.objects.all()] == [100]


def test_a_refund_whose_page_says_nonsense_of_what_is_left_is_not_made(client: Client) -> None:
    answer = act(client, "refund", PaidOrderFactory(), left="nonsense")

    assert (answer.status_code, Refund.objects.count()) == (400, 0)
    assert "Open this page anew" in answer.content.decode()
