"""Sellers give money back: all or a part, with words for the buyer."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from billing.orders.models import Order
from billing.payments.refunding import continue_refund
from billing.receipts.refunds import queue_failure_mails
from billing.refunds.errors import OrderNotRefundable, SellerRefundsEnded
from billing.refunds.models import Refund
from billing.refunds.services import refund_by_seller, request_refund
from common.money import Money
from marketplace.images.errors import NotYours, RoleNotEnough
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, SellerFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, RefundFactory
from tests.factories.marketplace import PullCountFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


def refund_all(order: Order, by: User, amount: int | None = None) -> Refund:
    money = None if amount is None else Money(amount, order.currency)
    return refund_by_seller(order=order, amount=money, reason="It does not run there.", actor=by)


def test_a_seller_gives_all_of_it_back(paid: Order, buyer: User, holds) -> None:
    refund = continue_refund(refund_id=refund_all(paid, person_of(paid.seller)).pk)

    paid.refresh_from_db()
    assert (refund.state, refund.origin, paid.state, holds(buyer)) == ("succeeded", "seller", "refunded", [])
    to_buyer = OutgoingMail.objects.get(key=f"refund:{refund.pk}")
    assert "says: It does not run there." in to_buyer.body_text
    to_seller = OutgoingMail.objects.get(key=f"refund_of_sale:{refund.pk}:1")
    assert (to_seller.to, "You have given it back." in to_seller.body_text) == (person_of(paid.seller).email, True)
    assert f"/selling/orders/{paid.pk}/?seller=" in to_seller.body_text


def test_a_part_leaves_pull_access(paid: Order, buyer: User, holds) -> None:
    continue_refund(refund_id=refund_all(paid, person_of(paid.seller), 200).pk)

    paid.refresh_from_db()
    assert (paid.state, paid.refunded_amount, len(holds(buyer))) == ("partially_refunded", 200, 1)


def test_after_the_promised_time_a_seller_still_may(paid: Order) -> None:
    Order.objects.update(paid_at=timezone.now() - timedelta(days=179), refund_days=14)
    paid.refresh_from_db()

    assert refund_all(paid, person_of(paid.seller)).state == "waiting"


def test_half_a_year_after_the_payment_only_staff_refund(paid: Order) -> None:
    Order.objects.update(paid_at=timezone.now() - timedelta(days=180, minutes=1))
    paid.refresh_from_db()

    with pytest.raises(SellerRefundsEnded, match="Write to us"):
        refund_all(paid, person_of(paid.seller))

    assert Refund.objects.count() == 0


def test_only_who_looks_after_the_money_refunds(paid: Order) -> None:
    with pytest.raises(NotYours):
        refund_all(paid, UserFactory())
    editor = MembershipFactory(role="editor")
    order = PaidOrderFactory()
    Order.objects.filter(pk=order.pk).update(seller=order.seller)
    order.seller_id = editor.account.pk

    with pytest.raises(RoleNotEnough):
        refund_all(order, editor.user)

    assert Refund.objects.count() == 0


def test_what_is_not_paid_is_not_refunded(opened: Order) -> None:
    with pytest.raises(OrderNotRefundable):
        refund_all(opened, person_of(opened.seller))

    assert Refund.objects.count() == 0


def test_of_an_organisation_those_who_look_after_its_money_get_the_mail_and_nobody_who_is_gone(paid: Order, staff: User) -> None:
    billing, editor = MembershipFactory(role="billing"), UserFactory()
    MembershipFactory(account=billing.account, user=editor, role="editor")
    organisation = SellerFactory(account=billing.account)
    first = continue_refund(refund_id=request_refund(order=paid, amount=Money(100, "eur"), reason="Late.", actor=staff).pk)
    Order.objects.update(seller=organisation)
    paid.refresh_from_db()

    queue_failure_mails(refund=Refund.objects.get(pk=first.pk))

    assert OutgoingMail.objects.get(key__startswith="refund_of_sale_failed").to == billing.user.email
    User.objects.filter(pk=person_of(Product.objects.get().seller).pk).update(is_active=False)
    Order.objects.update(seller=Product.objects.get().seller)
    second = continue_refund(refund_id=request_refund(order=paid, amount=Money(100, "eur"), reason="Late.", actor=staff).pk)
    assert not OutgoingMail.objects.filter(key__startswith=f"refund_of_sale:{second.pk}").exists()


class TestPages:
    @pytest.fixture
    def client(self, paid: Order) -> Client:
        client = Client()
        client.force_login(person_of(paid.seller))
        return client

    def test_the_list_leads_to_the_order_and_the_order_to_the_refund(self, paid: Order, client: Client, buyer: User) -> None:
        PullCountFactory(image=paid.images.get().image, buyer=buyer.account, day=timezone.now().date(), tag="17.2", platform="linux/arm64")
        assert f"/selling/orders/{paid.pk}/?seller=" in client.get("/selling/orders/").content.decode()

        page = client.get(f"/selling/orders/{paid.pk}/").content.decode()

        assert f"/selling/orders/{paid.pk}/refund/" in page
        assert "linux/arm64" in page
        assert "None was promised" in page

    def test_the_form_refunds_a_part_with_its_reason(self, paid: Order, client: Client, sandbox: Sandbox) -> None:
        form = client.get(f"/selling/orders/{paid.pk}/refund/").content.decode()
        assert "you bear €4.50, and we €0.50" in form

        answer = client.post(f"/selling/orders/{paid.pk}/refund/", {"amount": "2.00", "reason": "Half of it was missing."})

        refund = Refund.objects.get()
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, f"/selling/orders/{paid.pk}/")
        assert (refund.amount, refund.reason, refund.origin) == (200, "Half of it was missing.", "seller")
        assert "€2.00 is on its way back" in client.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize(
        ("amount", "sentence"), [("6.00", "at most €5.00"), ("lots", "Write an amount in figures"), ("0", "more than nothing")]
    )
    def test_what_is_no_amount_is_said_at_the_field(self, paid: Order, client: Client, amount: str, sentence: str) -> None:
        answer = client.post(f"/selling/orders/{paid.pk}/refund/", {"amount": amount, "reason": "Late."})

        assert answer.status_code in {400, 422}
        assert sentence in answer.content.decode()
        assert Refund.objects.count() == 0

    def test_the_same_click_twice_gives_a_part_back_once(self, paid: Order, client: Client) -> None:
        page, path = client.get(f"/selling/orders/{paid.pk}/refund/"), f"/selling/orders/{paid.pk}/refund/"
        assert f'name="left" value="{paid.amount}"' in page.content.decode()
        click = {"amount": "2.00", "reason": "Half of it was missing.", "left": paid.amount}

        first, second = client.post(path, click), client.post(path, click)

        assert (first.status_code, second.status_code) == (302, 409)
        assert "went back meanwhile" in second.content.decode()
        assert list(paid.refunds.values_list("amount", flat=True)) == [200]

    def test_refunds_stand_in_the_order_in_which_they_were_made(self, paid: Order, buyer: User, client: Client) -> None:
        for number, amount in enumerate((100, 300)):
            made = timezone.now() - timedelta(hours=2 - number)
            RefundFactory(order=paid, amount=amount, state="succeeded", stripe_refund_id=f"re_{amount}", created_at=made, settled_at=made)
        reader = Client()
        reader.force_login(buyer)

        for page in (client.get(f"/selling/orders/{paid.pk}/"), reader.get(f"/orders/{paid.pk}/")):
            text = page.content.decode()
            assert 0 < text.index("€1.00 refunded") < text.index("€3.00 refunded")

    def test_without_a_reason_nothing_is_refunded(self, paid: Order, client: Client) -> None:
        assert client.post(f"/selling/orders/{paid.pk}/refund/", {"amount": ""}).status_code == 400
        assert Refund.objects.count() == 0

    def test_what_is_refunded_has_no_form_any_more(self, paid: Order, client: Client) -> None:
        continue_refund(refund_id=refund_all(paid, person_of(paid.seller)).pk)

        assert "This order cannot be refunded by you now." in client.get(f"/selling/orders/{paid.pk}/refund/").content.decode()
        page = client.get(f"/selling/orders/{paid.pk}/").content.decode()
        assert "€5.00 refunded" in page
        assert f"/selling/orders/{paid.pk}/refund/" not in page

    @pytest.mark.parametrize(
        ("promised", "own", "words"),
        [
            (30, 14, ["On request within 30 days", "By yourself within 14 days"]),
            (0, 14, ["By yourself within 14 days"]),
            (1, 0, ["On request within 1 day"]),
            (0, 0, ["As the seller decides"]),
        ],
    )
    def test_a_products_page_says_its_refund_window(
        self, paid: Order, client: Client, settings: Any, promised: int, own: int, words: list[str]
    ) -> None:
        settings.LAYERSTORE_UNPULLED_REFUND_DAYS = own
        Product.objects.update(refund_days=promised)

        page = client.get(f"/{paid.product.namespace.name}/{paid.product.slug}").content.decode()

        said = ("On request within", "By yourself within", "As the seller decides")
        assert [sentence in page for sentence in said] == [any(word.startswith(sentence) for word in words) for sentence in said]
        assert all(word in page for word in words)

    def test_another_sellers_order_is_not_there(self, client: Client) -> None:
        other = PaidOrderFactory()

        assert client.get(f"/selling/orders/{other.pk}/").status_code == 404
        assert client.post(f"/selling/orders/{other.pk}/refund/", {"reason": "Mine."}).status_code == 404
        assert Refund.objects.count() == 0
