"""Buying as an organisation: who may, whose the purchase is, who sees it and who reads of it."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.models import Membership, Role
from accounts.people.models import Account, User
from audit.models import AuditEvent
from billing.checkout.errors import AlreadyOwned, PaymentUnderWay
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
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
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, RefundFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(transactional_db: None) -> Account:
    return OrganisationFactory(handle="acme", name="Acme")


@pytest.fixture
def owner(acme: Account, buyer: User) -> User:
    MembershipFactory(account=acme, user=buyer, role=Role.OWNER)
    return buyer


@pytest.fixture
def clerk(acme: Account) -> User:
    clerk: User = UserFactory(username="clerk")
    MembershipFactory(account=acme, user=clerk, role=Role.BILLING)
    return clerk


@pytest.fixture
def member(acme: Account) -> User:
    member: User = UserFactory(username="member")
    MembershipFactory(account=acme, user=member, role=Role.MEMBER)
    return member


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def api_of(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


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

        with pytest.raises(AlreadyOwned, match="Acme has this already: it is in its library"):
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
            assert f"By:       {owner.username}" in mail.body_text
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


class TestPages:
    def test_the_form_names_the_organisation(self, product: Product, owner: User, acme: Account) -> None:
        answer = client_of(owner).post(f"/billing/buy/{product.pk}/", {"buyer": "acme"})

        order = Order.objects.get()
        assert (answer.status_code, answer["Location"], order.buyer) == (303, order.checkout_url, acme)

    def test_without_a_choice_the_buyer_is_the_person(self, product: Product, owner: User) -> None:
        client_of(owner).post(f"/billing/buy/{product.pk}/")

        assert Order.objects.get().buyer == owner.account

    def test_an_organisation_of_others_does_not_exist(self, product: Product, buyer: User, acme: Account) -> None:
        for handle in ("acme", "nobody", "x" * 300, "\x00"):
            assert client_of(buyer).post(f"/billing/buy/{product.pk}/", {"buyer": handle}).status_code == 404

    def test_a_member_is_told_who_buys(self, product: Product, member: User) -> None:
        answer = client_of(member).post(f"/billing/buy/{product.pk}/", {"buyer": "acme"})

        assert answer.status_code == 403
        assert "Owners and billing people buy for Acme" in answer.content.decode()

    def test_what_the_organisation_has_is_said_on_the_product_s_page(self, product: Product, owner: User, acme: Account) -> None:
        EntitlementFactory(holder=acme, image=product.images.get())

        answer = client_of(owner).post(f"/billing/buy/{product.pk}/", {"buyer": "acme"})

        assert [message.message for message in get_messages(answer.wsgi_request)] == [
            "Acme has this already: it is in its library. Nothing was charged."
        ]

    @pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING])
    def test_an_order_is_open_to_all_who_buy_for_the_organisation(self, acme: Account, role: Role) -> None:
        order = PaidOrderFactory(buyer=acme)
        reader = MembershipFactory(account=acme, role=role).user

        page = client_of(reader).get(f"/orders/{order.pk}/")

        html = page.content.decode()
        assert page.status_code == 200
        assert order.number in client_of(reader).get("/orders/").content.decode()
        assert f"Organisation acme, ordered by {order.placed_by.username}" in html
        assert "Acme may pull now." in html
        assert page.context["may_pull"] is (role == Role.OWNER)
        assert ("Make a pull credential" in html) is False

    @pytest.mark.parametrize("address", ["/orders/{}/", "/billing/return/{}/"])
    def test_it_does_not_exist_for_members_and_for_who_placed_it_and_left(self, acme: Account, member: User, address: str) -> None:
        left = UserFactory()
        order = PaidOrderFactory(buyer=acme, placed_by=left)

        for reader in (member, left):
            assert client_of(reader).get(address.format(order.pk)).status_code == 404
            assert order.number not in client_of(reader).get("/orders/").content.decode()

    def test_the_list_is_shown_for_all_or_for_one(self, owner: User, acme: Account) -> None:
        own, theirs = PaidOrderFactory(placed_by=owner), PaidOrderFactory(buyer=acme, placed_by=owner)
        client = client_of(owner)

        def listed(query: str) -> list[Order]:
            return list(client.get(f"/orders/{query}").context["page"])

        assert listed("") == [theirs, own]
        assert listed("?buyer=acme") == [theirs]
        assert listed(f"?buyer={owner.username}") == [own]
        assert "What you and your organisations have paid for" in client.get("/orders/").content.decode()
        assert "What Acme has paid for" in client.get("/orders/?buyer=acme").content.decode()

    def test_the_list_for_an_organisation_of_others_does_not_exist(self, buyer: User, acme: Account) -> None:
        assert client_of(buyer).get("/orders/?buyer=acme").status_code == 404

    def test_somebody_without_an_organisation_is_not_asked(self, buyer: User) -> None:
        PaidOrderFactory(placed_by=buyer)

        answer = client_of(buyer).get("/orders/")

        assert (answer.context["buyers"], "Buyer" in answer.content.decode()) == ([], False)

    @pytest.mark.parametrize("state", ["partially_refunded", "charged_back"])
    def test_a_state_is_said_of_the_organisation(self, owner: User, acme: Account, state: str) -> None:
        order = PaidOrderFactory(buyer=acme, state=state, refunded_amount=100)
        RefundFactory(order=order)

        html = client_of(owner).get(f"/orders/{order.pk}/").content.decode()

        assert ("Acme may still pull." in html) is (state == "partially_refunded")
        assert "to you;" not in html

    def test_the_seller_sees_the_organisation_s_name(self, product: Product, acme: Account) -> None:
        PaidOrderFactory(product=product, buyer=acme)

        html = client_of(person_of(product.seller)).get("/selling/orders/").content.decode()

        assert "Acme" in html
        assert "organisation" in html

    def test_staff_see_what_kind_of_buyer_it_is(self, acme: Account) -> None:
        order = PaidOrderFactory(buyer=acme)
        PaidOrderFactory()
        staff = client_of(UserFactory(staff=True))

        assert "Organisation" in staff.get(f"/admin/billing/order/{order.pk}/change/").content.decode()
        found = staff.get("/admin/billing/order/?buyer__kind__exact=organisation")
        assert list(found.context["cl"].result_list) == [order]
        assert list(staff.get("/admin/billing/order/?q=acme").context["cl"].result_list) == [order]


class TestApi:
    def test_a_program_buys_for_the_organisation(self, product: Product, owner: User, acme: Account) -> None:
        body = {"product": str(product.pk), "buyer": "acme"}

        answer = api_of(owner).post("/api/v1/orders/", body, content_type="application/json")

        assert (answer.status_code, answer.json()["buyer"], answer.json()["placed_by"]) == (201, "acme", owner.username)
        assert Order.objects.get().buyer == acme

    def test_without_a_buyer_it_is_the_person_s(self, product: Product, owner: User) -> None:
        answer = api_of(owner).post("/api/v1/orders/", {"product": str(product.pk)}, content_type="application/json")

        assert (answer.status_code, answer.json()["buyer"]) == (201, owner.username)

    @pytest.mark.parametrize(
        ("role", "status", "code"),
        [pytest.param(Role.MEMBER, 403, "role_does_not_buy", id="member"), pytest.param(None, 404, "no_such_organisation", id="stranger")],
    )
    def test_who_does_not_buy_for_it_is_refused(self, product: Product, acme: Account, role: Role | None, status: int, code: str) -> None:
        user = MembershipFactory(account=acme, role=role).user if role else UserFactory()
        body = {"product": str(product.pk), "buyer": "acme"}

        answer = api_of(user).post("/api/v1/orders/", body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not Order.objects.exists()

    def test_orders_of_the_organisation_are_listed_to_who_buys_for_it(self, owner: User, member: User, acme: Account) -> None:
        own, theirs = PaidOrderFactory(placed_by=owner), PaidOrderFactory(buyer=acme, paid_at=timezone.now())
        PaidOrderFactory()

        def listed(user: User, query: str = "") -> list[str]:
            return [row["id"] for row in api_of(user).get(f"/api/v1/orders/{query}").json()["results"]]

        assert listed(owner) == [str(theirs.pk), str(own.pk)]
        assert listed(owner, "?buyer=acme") == [str(theirs.pk)]
        assert listed(member) == listed(member, "?buyer=acme") == []
        assert api_of(owner).get(f"/api/v1/orders/{theirs.pk}/").json()["buyer"] == "acme"
        assert api_of(member).get(f"/api/v1/orders/{theirs.pk}/").status_code == 404


def test_the_list_takes_the_same_queries_for_any_number_of_organisations(buyer: User, django_assert_num_queries) -> None:
    client = client_of(buyer)
    PaidOrderFactory(buyer=MembershipFactory(user=buyer).account)
    with django_assert_num_queries(7) as few:
        client.get("/orders/")
    for _ in range(3):
        PaidOrderFactory(buyer=MembershipFactory(user=buyer).account, product=ProductFactory())
    with django_assert_num_queries(len(few)):
        client.get("/orders/")
