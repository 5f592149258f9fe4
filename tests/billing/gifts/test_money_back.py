"""A gift's money: paid like any purchase, in the reader's currency, and taken back by its buyer while it was not pulled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.disputes.evidence import collect_evidence
from billing.disputes.pulls import pull_lines
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.orders.refund_windows import time_to_hear_of_pulls
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import PulledAlready
from billing.refunds.models import Refund
from billing.refunds.selectors import proofs_since_sale, pulls_since_sale
from billing.refunds.services import give_back
from marketplace.gifts.errors import GiftClosed
from marketplace.gifts.models import Gift, GiftState
from marketplace.gifts.selectors import gift_of_order
from marketplace.gifts.services.claims import claim_gift
from marketplace.gifts.services.links import renew_gift
from marketplace.insights.models import BuyerPull, PullCount
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.billing import DisputeFactory
from tests.factories.marketplace import digest_of
from tests.support.pages import assert_sound
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
Holds = Callable[[User], list[str]]


@pytest.fixture
def kim(transactional_db: None) -> User:
    return UserFactory(username="kim")


@pytest.fixture
def given(product: Product, buyer: User, sandbox: Sandbox) -> Order:
    """A gift to Kim that was paid and reconciled."""
    order = place_order(product=product, user=buyer, gift=GiftWish("kim@example.test"))
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    return reconcile_order(order_id=order.pk)


def gift_of(order: Order) -> Gift:
    found = gift_of_order(order.pk)
    assert found is not None
    return found


def pull(order: Order, by: User) -> None:
    image, now = order.images.get().image, timezone.now()
    PullCount.objects.create(image=image, day=now.date(), tag="1.0", buyer=by.account, count=3)
    BuyerPull.objects.create(
        image=image, buyer=by.account, day=now.date(), digest=digest_of("one"), address="203.0.113.9", client="docker/27.3.1",
        first_at=now, last_at=now, count=3,
    )  # fmt: skip


def decide(refund: Refund) -> Refund:
    """Let the time pass in which pulls are heard of, and go on."""
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - time_to_hear_of_pulls(), due_at=timezone.now())
    return continue_refund(refund_id=refund.pk)


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(address)
    assert_sound(response)
    return response.content.decode()


class TestAnUnclaimedGift:
    def test_is_given_back_by_the_button_of_the_order_whatever_the_buyer_pulls_by_another_right(self, given: Order, buyer: User) -> None:
        pull(given, buyer)  # they hold it themselves, too
        client = Client()
        client.force_login(buyer)

        assert f'href="/orders/{given.pk}/refund/"' in page(buyer, f"/orders/{given.pk}/")
        assert "the gift ends" in page(buyer, f"/orders/{given.pk}/refund/")
        client.post(f"/orders/{given.pk}/refund/")

        assert "Nobody can claim or pull it meanwhile" in page(buyer, f"/orders/{given.pk}/")
        assert decide(Refund.objects.get()).state == "succeeded"
        given.refresh_from_db()
        assert (given.state, given.refunded_amount, gift_of(given).state) == ("refunded", given.amount, GiftState.REVOKED)

    def test_is_neither_claimed_nor_sent_again_meanwhile(self, given: Order, buyer: User, kim: User, holds: Holds) -> None:
        refund = give_back(order=given, actor=buyer)

        with pytest.raises(GiftClosed, match="being given back"):
            claim_gift(gift=gift_of(given), user=kim, holder=kim.account)
        with pytest.raises(GiftClosed):
            renew_gift(gift=gift_of(given), email="olu@example.test", actor=buyer)
        assert "being given back" in page(buyer, f"/orders/{given.pk}/gift")

        assert (refund.state, gift_of(given).state, gift_of(given).email, holds(kim)) == (
            "waiting",
            GiftState.PAUSED,
            "kim@example.test",
            [],
        )

    def test_says_so_to_the_bank(self, given: Order) -> None:
        pull(given, given.placed_by)

        assert list(pull_lines(given)) == ["The buyer paid for a gift to somebody else, and nobody has claimed it."]
        assert (list(pulls_since_sale(given)), proofs_since_sale(given)) == ([], [])


class TestAClaimedGift:
    @pytest.fixture
    def claimed(self, given: Order, kim: User) -> Order:
        claim_gift(gift=gift_of(given), user=kim, holder=kim.account)
        return given

    def test_is_given_back_while_its_recipient_has_not_pulled(self, claimed: Order, buyer: User, kim: User, holds: Holds) -> None:
        pull(claimed, buyer)

        refund = give_back(order=claimed, actor=buyer)

        assert holds(kim) == []  # paused at once
        assert decide(refund).state == "succeeded"
        assert (gift_of(claimed).state, holds(kim)) == (GiftState.REVOKED, [])
        assert OutgoingMail.objects.get(key__startswith="gift-ended:").to == kim.email

    def test_is_not_given_back_once_its_recipient_has_pulled(self, claimed: Order, buyer: User, kim: User, holds: Holds) -> None:
        pull(claimed, kim)

        with pytest.raises(PulledAlready):
            give_back(order=claimed, actor=buyer)

        assert (Refund.objects.count(), gift_of(claimed).state, len(holds(kim))) == (0, GiftState.CLAIMED, 1)

    def test_goes_on_if_a_pull_is_heard_of_after_the_request(self, claimed: Order, buyer: User, kim: User, holds: Holds) -> None:
        refund = give_back(order=claimed, actor=buyer)
        pull(claimed, kim)

        assert decide(refund).state == "failed"

        assert (gift_of(claimed).state, len(holds(kim))) == (GiftState.CLAIMED, 1)
        mail = OutgoingMail.objects.get(key=f"refund-refused:{refund.pk}")
        assert mail.subject == "Your gift of Postgres HA stands: it was pulled"
        assert "Your gift of Postgres HA stands" in mail.body_text

    def test_counts_only_pulls_since_the_claim(self, claimed: Order, buyer: User, kim: User) -> None:
        pull(claimed, kim)
        PullCount.objects.update(day=timezone.now().date() - timedelta(days=1))

        assert give_back(order=claimed, actor=buyer).state == "waiting"

    def test_tells_seller_and_bank_where_it_was_pulled_from_and_the_buyer_only_that_it_was(
        self, claimed: Order, buyer: User, kim: User
    ) -> None:
        pull(claimed, kim)
        seller = claimed.seller.account.user
        assert seller is not None

        sold = page(seller, f"/selling/orders/{claimed.pk}/")
        assert ("203.0.113.0/24" in sold, "docker/27.3.1" in sold) == (True, True)
        said = collect_evidence(DisputeFactory(order=claimed))
        assert ("paid for a gift" in said.product_description, "203.0.113.9" in said.access_activity_log) == (True, True)
        assert "by the account that claimed the buyer's gift since the claim" in next(pull_lines(claimed))
        bought = page(buyer, f"/orders/{claimed.pk}/refund/")
        assert ("1.0" in bought, "203.0.113" in bought, "docker/27.3.1" in bought) == (True, False, False)

    def test_that_was_disputed_stays_closed_while_it_is_given_back(
        self, claimed: Order, buyer: User, kim: User, sandbox: Sandbox, holds: Holds
    ) -> None:
        refund = give_back(order=claimed, actor=buyer)
        dispute = sandbox.dispute(claimed)
        reconcile_order(order_id=claimed.pk)

        sandbox.control(f"/disputes/{dispute}/win")
        reconcile_order(order_id=claimed.pk)

        refund.refresh_from_db()
        assert (refund.state, gift_of(claimed).state, holds(kim)) == ("waiting", GiftState.PAUSED, [])


def test_the_invoice_is_the_buyers(given: Order, buyer: User) -> None:
    invoice = given.documents.get()

    assert (invoice.buyer, invoice.content["buyer"]["name"], invoice.amount) == (buyer.account, buyer.account.name, given.amount)
