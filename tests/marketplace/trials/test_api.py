"""Trials for programs."""

from typing import Any

from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import User
from marketplace.products.models import Product
from marketplace.trials.models import Trial
from tests.factories.accounts import AccessTokenFactory, MembershipFactory
from tests.factories.marketplace import TrialFactory


def program(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def test_a_program_begins_a_trial_once_and_lists_it(product: Product, kim: User) -> None:
    TrialFactory(product=product)
    client = program(kim)

    begun, second = (post(client, "/api/v1/trials/", product=str(product.pk)) for _ in range(2))

    assert (begun.status_code, begun.json()["account"], begun.json()["state"], begun.json()["days"]) == (201, "kim", "Running", 14)
    assert (second.status_code, second.json()["code"]) == (409, "trial_used")
    assert [trial["id"] for trial in client.get("/api/v1/trials/").json()["results"]] == [begun.json()["id"]]
    assert client.get(f"/api/v1/trials/{begun.json()['id']}/").json() == begun.json()


def test_a_program_tries_for_an_organisation_that_its_user_buys_for(product: Product, kim: User) -> None:
    firm, other = (MembershipFactory(user=kim, role=role).account for role in (Role.BILLING, Role.MEMBER))
    client = program(kim)

    refused = post(client, "/api/v1/trials/", product=str(product.pk), buyer=other.handle)
    begun = post(client, "/api/v1/trials/", product=str(product.pk), buyer=firm.handle)

    assert (refused.status_code, begun.status_code) == (403, 201)
    assert Trial.objects.get().holder == firm


def test_a_program_sets_the_days_with_the_price(product: Product, seller: User) -> None:
    client, price = program(seller), {"product": str(product.pk), "amount": 500, "currency": "eur"}

    answers = [post(client, "/api/v1/prices/", **price, **sent) for sent in ({"trial_days": 30}, {}, {"trial_days": 91})]

    assert [answer.status_code for answer in answers] == [201, 201, 400]
    assert client.get(f"/api/v1/products/{product.pk}/").json()["trial_days"] == 30
