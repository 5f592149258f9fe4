"""Buying as an organisation, on pages and by the API: who sees and does what."""

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from billing.orders.models import Order
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import PaidOrderFactory, RefundFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory
from tests.support.clients import api_of, client_of

pytestmark = pytest.mark.django_db(transaction=True)


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
            "Acme already has this: it is in its library. Nothing was charged."
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
        assert ("Create a pull credential" in html) is False

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
