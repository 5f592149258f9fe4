"""Buying as an organisation: who may, whose the purchase is, and who gets mail."""

import pytest

from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.models import Membership, Role
from accounts.people.models import Account, User
from audit.models import AuditEvent
from billing.checkout.errors import PaymentUnderWay
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.errors import AlreadyOwned
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.receipts.services import resend_receipt
from billing.refunds.services import request_refund
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


class TestPlacing:
    def test_an_owner_buys_and_the_organisation_holds(self, product: Product, owner: User, acme: Account, sandbox: Sandbox) -> None:
        order = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=order)
        order.refresh_from_db()
        sandbox.press(order)
        reconcile_order(order_id=order.pk)

        assert (order.buyer, order.placed_by, order.email) == (acme, owner, owner.email)
        assert Entitlement.objects.get().holder == acme
        placed = AuditEvent.objects.get(action="order.placed")
        assert (placed.actor, placed.details["buyer"]) == (owner, str(acme.pk))

    def test_stripe_is_told_whose_purchase_it_is_and_who_pays(self, product: Product, owner: User, acme: Account, sandbox: Sandbox) -> None:
        order = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=order)
        order.refresh_from_db()

        session = sandbox.session_of(order)

        assert session["metadata"] == {"order_id": str(order.pk), "buyer_id": str(acme.pk)}
        assert session["customer_email"] == owner.email

    def test_billing_people_buy_too(self, product: Product, clerk: User, acme: Account) -> None:
        assert place_order(product=product, user=clerk, buyer=acme).buyer == acme

    def test_a_member_does_not_spend_the_organisation_s_money(self, product: Product, member: User, acme: Account) -> None:
        with pytest.raises(RoleDoesNotBuy):
            place_order(product=product, user=member, buyer=acme)

        assert not Order.objects.exists()

    def test_nobody_buys_for_an_organisation_of_others_or_for_somebody_else(self, product: Product, buyer: User, acme: Account) -> None:
        for account in (acme, UserFactory().account):
            with pytest.raises(NoSuchOrganisation):
                place_order(product=product, user=buyer, buyer=account)

        assert not Order.objects.exists()

    def test_whoever_is_removed_between_the_check_and_the_write_is_refused(
        self, product: Product, owner: User, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.checkout.placing._close_outdated", lambda **_: Membership.objects.all().delete())

        with pytest.raises(NoSuchOrganisation):
            place_order(product=product, user=owner, buyer=acme)

        assert not Order.objects.exists()

    def test_what_the_organisation_has_is_not_sold_to_it_again_and_is_to_its_owner(
        self, product: Product, owner: User, acme: Account
    ) -> None:
        EntitlementFactory(holder=acme, image=product.images.get())

        with pytest.raises(AlreadyOwned, match="Acme already has this: it is in its library"):
            place_order(product=product, user=owner, buyer=acme)
        assert place_order(product=product, user=owner).buyer == owner.account

    def test_what_its_owner_has_is_sold_to_the_organisation(self, product: Product, owner: User, acme: Account) -> None:
        EntitlementFactory(holder=owner.account, image=product.images.get())

        assert place_order(product=product, user=owner, buyer=acme).buyer == acme

    def test_a_seller_does_not_buy_from_themselves_for_their_organisation(self, product: Product, acme: Account, owner: User) -> None:
        seller = MembershipFactory(account=acme, user=person_of(product.seller), role=Role.OWNER).user

        with pytest.raises(OwnProduct):
            place_order(product=product, user=seller, buyer=acme)
        assert place_order(product=product, user=owner, buyer=acme).buyer == acme  # a colleague decides, and the organisation pays

    def test_nobody_buys_from_an_organisation_that_they_are_in(self, product: Product, buyer: User) -> None:
        MembershipFactory(account=product.seller.account, user=buyer, role=Role.MEMBER)

        with pytest.raises(OwnProduct):
            place_order(product=product, user=buyer)


class TestResuming:
    def test_a_colleague_resumes_the_same_checkout(self, product: Product, owner: User, clerk: User, acme: Account) -> None:
        first = open_checkout(order=place_order(product=product, user=owner, buyer=acme))

        second = open_checkout(order=place_order(product=product, user=clerk, buyer=acme))

        assert first == second
        order = Order.objects.get()
        assert (order.placed_by, order.email) == (owner, owner.email)

    def test_an_order_of_somebody_who_has_left_is_closed_and_placed_anew(
        self, product: Product, owner: User, clerk: User, acme: Account, sandbox: Sandbox
    ) -> None:
        left = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=left)
        Membership.objects.filter(user=owner).delete()

        order = place_order(product=product, user=clerk, buyer=acme)

        left.refresh_from_db()
        assert (left.state, sandbox.session_of(left)["status"]) == ("expired", "expired")
        assert (order.placed_by, order.state) == (clerk, "pending")

    def test_what_the_leaver_paid_meanwhile_is_the_organisation_s(
        self, product: Product, owner: User, clerk: User, acme: Account, sandbox: Sandbox
    ) -> None:
        left = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=left)
        left.refresh_from_db()
        sandbox.press(left)
        Membership.objects.filter(user=owner).delete()

        with pytest.raises(AlreadyOwned):
            place_order(product=product, user=clerk, buyer=acme)

        assert Entitlement.objects.get().holder == acme

    def test_an_order_whose_placer_leaves_at_the_last_moment_is_not_resumed(
        self, product: Product, owner: User, clerk: User, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place_order(product=product, user=owner, buyer=acme)
        monkeypatch.setattr("billing.checkout.placing._close_outdated", lambda **_: Membership.objects.filter(user=owner).delete())

        with pytest.raises(PaymentUnderWay):
            place_order(product=product, user=clerk, buyer=acme)

    def test_the_same_product_is_bought_by_a_person_and_their_organisation_apart(
        self, product: Product, owner: User, acme: Account
    ) -> None:
        own, theirs = place_order(product=product, user=owner), place_order(product=product, user=owner, buyer=acme)

        assert own != theirs
        assert Order.objects.filter(state="pending").count() == 2


class TestMail:
    @pytest.fixture
    def bought(self, product: Product, owner: User, clerk: User, member: User, acme: Account, sandbox: Sandbox) -> Order:
        MembershipFactory(account=acme, user=UserFactory(username="zoe"), role=Role.OWNER)
        order = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=order)
        order.refresh_from_db()
        sandbox.press(order)
        return reconcile_order(order_id=order.pk)

    def test_the_receipt_goes_to_whoever_placed_it_and_to_owners_and_billing_people_once_each(self, bought: Order, owner: User) -> None:
        mails = OutgoingMail.objects.all()

        assert sorted(mail.to for mail in mails) == sorted([owner.email, "clerk@example.test", "zoe@example.test"])
        for mail in mails:
            assert "Acme has Postgres HA" in mail.body_text
            assert f"Ordered by: {owner.username}" in mail.body_text
            assert "Acme has Postgres HA" in mail.body_html

    def test_who_has_left_before_the_payment_gets_the_receipt_of_what_they_paid(
        self, product: Product, owner: User, clerk: User, acme: Account, sandbox: Sandbox
    ) -> None:
        order = place_order(product=product, user=owner, buyer=acme)
        open_checkout(order=order)
        order.refresh_from_db()
        Membership.objects.filter(user=owner).delete()
        sandbox.press(order)

        reconcile_order(order_id=order.pk)

        assert {mail.to for mail in OutgoingMail.objects.all()} == {owner.email, clerk.email}

    def test_a_receipt_that_is_sent_again_goes_to_all_of_them(self, bought: Order) -> None:
        resend_receipt(order=bought, reason="Asked for.", actor=UserFactory(staff=True))

        assert OutgoingMail.objects.count() == 6

    def test_a_refund_is_told_to_all_of_them_and_ends_the_organisation_s_pull(self, bought: Order, acme: Account) -> None:
        refund = request_refund(order=bought, amount=None, reason="It did not start.", actor=None)
        continue_refund(refund_id=refund.pk)

        mails = OutgoingMail.objects.filter(key__startswith="refund:")
        assert mails.count() == 3
        assert all("of Acme" in mail.body_text for mail in mails)
        assert not acme.entitlements.in_force().exists()
