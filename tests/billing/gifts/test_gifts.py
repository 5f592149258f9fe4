"""A purchase for somebody else: paid, claimed, and ended by what ends any purchase."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.concurrency import opening_url
from billing.checkout.errors import CheckoutOpening
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountNotForGifts
from billing.gifts.models import OrderGift
from billing.gifts.services import GiftWish, wish_of
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.errors import GiftClosed
from marketplace.gifts.models import Gift, GiftState
from marketplace.gifts.selectors import gift_of_order
from marketplace.gifts.services.claims import claim_gift
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import DiscountFactory
from tests.factories.marketplace import EditionFactory, EntitlementFactory
from tests.support.pages import assert_sound
from tests.support.sandbox import Sandbox
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
FOR_KIM = GiftWish("kim@example.test", "Happy birthday.")
Holds = Callable[[User], list[str]]


@pytest.fixture
def kim(transactional_db: None) -> User:
    return UserFactory(username="kim")


@pytest.fixture
def paid(product: Product, buyer: User, sandbox: Sandbox) -> Order:
    """A gift to Kim that was paid and reconciled."""
    order = place_order(product=product, user=buyer, gift=FOR_KIM)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    return reconcile_order(order_id=order.pk)


def gift_of(order: Order) -> Gift:
    found = gift_of_order(order.pk)
    assert found is not None
    return found


def mails() -> list[tuple[str, str]]:
    return sorted((mail.key.partition(":")[0], mail.to) for mail in OutgoingMail.objects.all())


def test_a_payment_makes_a_link_for_the_recipient_and_grants_the_buyer_nothing(paid: Order, buyer: User, holds: Holds) -> None:
    gift = gift_of(paid)

    assert (paid.state, gift.state, gift.giver, gift.given_by) == ("paid", GiftState.OPEN, buyer.account, buyer)
    assert (gift.email, gift.message, list(gift.images.all())) == ("kim@example.test", "Happy birthday.", list(paid.product.images.all()))
    assert (holds(buyer), Entitlement.objects.count()) == ([], 0)
    assert mails() == [("gift", "kim@example.test"), ("receipt", buyer.email)]
    receipt = OutgoingMail.objects.get(key__startswith="receipt").body_text
    assert "as a gift" in receipt
    assert ("docker pull" in receipt, "library" in receipt) == (False, False)


@pytest.mark.parametrize("wish", [FOR_KIM, GiftWish()])
def test_the_gift_of_an_edition_says_which(product: Product, buyer: User, sandbox: Sandbox, client: Client, wish: GiftWish) -> None:
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()))
    order = place_order(product=product, user=buyer, wish=Wish(price_id=edition.prices.get().pk), gift=wish)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)

    gift = gift_of(order)
    client.force_login(buyer)
    assert gift.called == order.product_title == f"{product.title}, Pro"
    assert gift.called in OutgoingMail.objects.get(key__startswith="gift:").subject
    assert f"{gift.called} " in assert_sound(client.get(f"/orders/{order.pk}/gift")).text


def test_a_link_to_pass_on_is_mailed_to_the_buyer(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer, gift=GiftWish())
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)

    assert mails() == [("gift", buyer.email), ("receipt", buyer.email)]
    assert "lsg_" in OutgoingMail.objects.get(key__startswith="gift").body_text


def test_news_of_one_payment_twenty_times_at_once_makes_one_gift(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer, gift=FOR_KIM)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)

    run_in_threads(10, lambda: reconcile_order(order_id=order.pk))

    assert (Gift.objects.count(), Entitlement.objects.count(), len(mails())) == (1, 0, 2)


def test_what_the_buyer_has_can_be_given_and_for_oneself_and_for_others_are_different_orders(
    product: Product, buyer: User, sandbox: Sandbox
) -> None:
    EntitlementFactory(holder=buyer.account, image=product.images.get())

    first = place_order(product=product, user=buyer, gift=FOR_KIM)
    again = place_order(product=product, user=buyer, gift=FOR_KIM)
    other = place_order(product=product, user=buyer, gift=GiftWish("olu@example.test"))

    assert (first == again, first == other) == (True, False)
    assert (str(first.gift), str(OrderGift())) == ("for kim@example.test", "for whoever has the link")
    first.refresh_from_db()
    assert (first.state, other.state, wish_of(other)) == ("expired", "pending", GiftWish("olu@example.test"))


def test_a_discount_does_not_count_for_a_gift_and_its_refusal_closes_nothing(product: Product, buyer: User, sandbox: Sandbox) -> None:
    discount = DiscountFactory(seller=product.seller)
    reduced, price = place_order(product=product, user=buyer, discount=discount), product.prices.get()

    with pytest.raises(DiscountNotForGifts, match="do not count for gifts"):
        place_order(product=product, user=buyer, discount=discount, gift=FOR_KIM)
    reduced.refresh_from_db()
    assert (reduced.state, OrderGift.objects.count(), Order.objects.count()) == ("pending", 0, 1)

    given = place_order(product=product, user=buyer, gift=FOR_KIM)
    reduced.refresh_from_db()
    assert (reduced.state, given.list_price, given.amount, given.discount_amount) == ("expired", price.money, price.amount, 0)


def test_of_twenty_people_with_the_link_one_claims_it(paid: Order, holds: Holds) -> None:
    people, gift = [UserFactory() for _ in range(20)], gift_of(paid)

    answers = run_in_threads(20, lambda number: claim_gift(gift=gift, user=people[number], holder=people[number].account))

    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [GiftClosed] * 19
    (winner,) = [user for user in people if holds(user)]
    assert (gift_of(paid).holder, Entitlement.objects.get().source_id) == (winner.account, paid.pk)


def test_a_claim_and_a_refund_at_once_never_leave_access_that_nobody_paid_for(paid: Order, kim: User, buyer: User, holds: Holds) -> None:
    refund = request_refund(order=paid, amount=None, reason="Changed my mind.", actor=buyer)
    gift = gift_of(paid)

    run_in_threads(
        2, lambda number: claim_gift(gift=gift, user=kim, holder=kim.account) if number else continue_refund(refund_id=refund.pk)
    )

    paid.refresh_from_db()
    assert (paid.state, holds(kim), gift_of(paid).state) == ("refunded", [], GiftState.REVOKED)


def test_an_unclaimed_gift_is_refunded_in_full_and_its_link_ends(paid: Order, kim: User, buyer: User, holds: Holds) -> None:
    refund = request_refund(order=paid, amount=None, reason="Nobody wants it.", actor=buyer)

    continue_refund(refund_id=refund.pk)

    paid.refresh_from_db()
    assert (paid.state, paid.refunded_amount, gift_of(paid).state) == ("refunded", paid.amount, GiftState.REVOKED)
    with pytest.raises(GiftClosed):
        claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)
    assert holds(kim) == []
    assert "It was a gift" in OutgoingMail.objects.get(key__startswith="refund:").body_text


def test_a_refund_ends_what_the_recipient_has_and_tells_both(paid: Order, kim: User, buyer: User, holds: Holds) -> None:
    claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)
    assert len(holds(kim)) == 1

    continue_refund(refund_id=request_refund(order=paid, amount=None, reason="Wrong one.", actor=buyer).pk)

    assert (holds(kim), Entitlement.objects.get().revocation_reason) == ([], "The payment for this gift was refunded.")
    assert ("gift-ended", kim.email) in mails()
    assert ("refund", buyer.email) in mails()


def test_a_gift_in_dispute_is_not_claimed_until_it_is_won(paid: Order, kim: User, sandbox: Sandbox, holds: Holds) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    assert gift_of(paid).state is GiftState.PAUSED
    with pytest.raises(GiftClosed, match="disputed"):
        claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)

    sandbox.control(f"/disputes/{dispute}/win")
    reconcile_order(order_id=paid.pk)
    claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)
    assert len(holds(kim)) == 1


def test_a_lost_dispute_ends_what_the_recipient_has_and_tells_them(paid: Order, kim: User, sandbox: Sandbox, holds: Holds) -> None:
    claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    assert (holds(kim), gift_of(paid).state) == ([], GiftState.PAUSED)

    sandbox.control(f"/disputes/{dispute}/lose")
    reconcile_order(order_id=paid.pk)

    reason = "The bank of whoever paid for this gift took the money back."
    assert (holds(kim), gift_of(paid).revocation_reason, Entitlement.objects.get().revocation_reason) == ([], reason, reason)
    assert ("gift-ended", kim.email) in mails()


def test_the_buyers_page_shows_where_it_is_and_makes_a_new_link_once(paid: Order, buyer: User, kim: User) -> None:
    client = Client()
    client.force_login(buyer)
    page = f"/orders/{paid.pk}/gift"

    assert_sound(client.get(page))
    assert "kim@example.test" in client.get(page).content.decode()
    assert "as a gift" in client.get(f"/orders/{paid.pk}/").content.decode()
    sent = client.post(page, {"do": "send", "email": "kim2@example.test"})
    assert (sent.status_code, gift_of(paid).email) == (302, "kim2@example.test")
    made = client.post(page, {"do": "send", "email": ""})
    assert_sound(made)
    assert "/library/gift?key=lsg_" in made.content.decode()
    assert client.post(page, {"do": "send", "email": "no address"}).status_code == 400

    claim_gift(gift=gift_of(paid), user=kim, holder=kim.account)
    assert_sound(client.get(page))
    refused = client.post(page, {"do": "send", "email": "kim@example.test"})
    assert (refused.status_code, "already claimed" in refused.content.decode()) == (409, True)


def test_the_buyer_claims_it_for_an_organisation_of_theirs(paid: Order, buyer: User) -> None:
    team = MembershipFactory(user=buyer, role=Role.OWNER).account
    client = Client()
    client.force_login(buyer)

    led = client.post(f"/orders/{paid.pk}/gift", {"do": "claim"})
    assert_sound(client.get(led["Location"]))
    client.post(led["Location"], {"buyer": team.handle})

    assert gift_of(paid).holder == team


def test_there_is_no_page_of_a_gift_for_an_order_without_one(opened: Order, buyer: User) -> None:
    client = Client()
    client.force_login(buyer)

    assert client.get(f"/orders/{opened.pk}/gift").status_code == 404


def _opened_in_another_tab(*, order: Order) -> str:
    raise CheckoutOpening


def test_the_form_leads_to_stripe_for_oneself_or_an_organisation_and_says_why_not(
    product: Product, buyer: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = MembershipFactory(user=buyer, role=Role.BILLING).account
    client = Client()
    client.force_login(buyer)
    page = f"/billing/give/{product.pk}/"

    assert_sound(client.get(page))
    assert f'href="{page}"' in client.get(f"/{product.namespace.name}/{product.slug}").content.decode()
    answer = client.post(page, {"email": "Kim@Example.test", "message": "For you.", "buyer": team.handle})
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, order.checkout_url)
    assert (order.buyer, wish_of(order)) == (team, GiftWish("kim@example.test", "For you."))
    assert client.post(page, {"email": "no address"}).status_code == 400
    with monkeypatch.context() as patch:
        patch.setattr("billing.checkout.gift_page.open_checkout_exclusively", _opened_in_another_tab)
        answer = client.post(page, {"email": "Lee@example.test"})
    assert (answer.status_code, answer["Location"]) == (303, opening_url(Order.objects.latest("created_at")))
    Product.objects.update(state="withdrawn")
    assert client.post(page, {"email": ""}).status_code == 404
    Product.objects.update(state="published")
    product.prices.update(retired_at=product.published_at)
    assert client.post(page, {"email": ""}).status_code == 409
