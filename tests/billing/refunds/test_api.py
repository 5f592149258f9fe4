"""Refunds for programs: a seller's list, and giving money back."""

from typing import Any

import pytest
from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import User
from billing.orders.models import Order
from billing.refunds.models import Refund
from tests.billing.conftest import person_of
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationSellerFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory

pytestmark = pytest.mark.django_db
WHY = {"reason": "It does not run there."}


@pytest.fixture
def sale(db: None) -> Order:
    order: Order = PaidOrderFactory(amount=500)
    return order


def program_of(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


def ask(program: Client, order: Order, **values: Any) -> Any:
    return program.post("/api/v1/refunds/", {"order": str(order.pk)} | WHY | values, content_type="application/json")


def test_a_program_gives_a_part_and_then_the_rest_back(sale: Order) -> None:
    program = program_of(person_of(sale.seller))

    part, rest = ask(program, sale, amount=200), ask(program, sale)

    assert [(answer.status_code, answer.json()["amount"], answer.json()["currency"]) for answer in (part, rest)] == [
        (201, 200, "eur"),
        (201, 300, "eur"),
    ]
    assert (part.json()["state"], part.json()["origin"], part.json()["reason"]) == ("waiting", "seller", WHY["reason"])
    assert ask(program, sale).json()["code"] == "order_not_refundable"
    assert [row["id"] for row in program.get("/api/v1/refunds/").json()["results"]] == [rest.json()["id"], part.json()["id"]]
    assert program.get(f"/api/v1/refunds/{part.json()['id']}/").json() == part.json()


def test_the_same_request_again_gives_nothing_back_twice_where_it_says_what_was_left(sale: Order) -> None:
    program = program_of(person_of(sale.seller))

    answers = [ask(program, sale, amount=200, left=500) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert (answers[1].json()["code"], Refund.objects.count()) == ("refunded_meanwhile", 1)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        pytest.param({"amount": 501}, 422, id="more than was paid"),
        pytest.param({"amount": 0}, 400, id="nothing"),
        pytest.param({"reason": " "}, 400, id="without a reason"),
    ],
)
def test_what_cannot_be_given_back_is_a_problem(sale: Order, values: dict[str, object], status: int) -> None:
    assert ask(program_of(person_of(sale.seller)), sale, **values).status_code == status
    assert Refund.objects.count() == 0


def test_only_who_sees_the_sellers_money_gives_it_back_and_sees_it(sale: Order) -> None:
    team = OrganisationSellerFactory()
    theirs = PaidOrderFactory(product=ProductFactory(namespace=NamespaceFactory(owner=team.account)))
    refund = RefundFactory(order=theirs, origin=Refund.Origin.STAFF, reason="For staff alone.")
    owner, editor = (MembershipFactory(account=team.account, role=role).user for role in (Role.OWNER, Role.EDITOR))

    for user in (sale.placed_by, editor, UserFactory()):
        program = program_of(user)
        assert ask(program, sale).status_code == ask(program, theirs).status_code == 404
        assert program.get("/api/v1/refunds/").json()["results"] == []
    (seen,) = program_of(owner).get(f"/api/v1/refunds/?order={theirs.pk}&state=waiting").json()["results"]
    assert (seen["id"], seen["reason"]) == (str(refund.pk), "")
    assert Refund.objects.count() == 1


def test_what_was_never_paid_is_no_sale() -> None:
    order = OrderFactory()

    assert ask(program_of(person_of(order.seller)), order).status_code == 404
