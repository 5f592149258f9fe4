"""The page of a buyer's subscriptions: what it says of each, cancel, take that back, and on to Stripe for the card."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from billing.renewals.services import ask_again
from billing.subscriptions.models import Subscription
from marketplace.products.models import Price
from marketplace.products.selectors.pages import product_url
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import SubscriptionFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> User:
    user: User = UserFactory()
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    ("changes", "words", "buttons"),
    [
        ({}, "Renews on", ["Card and invoices", "Cancel"]),
        ({"ends_with_period": True}, "is not charged again.", ["Card and invoices", "Do not cancel"]),
        ({"state": "past_due"}, "to keep pull access after", ["Card and invoices", "Cancel"]),
        ({"state": "unpaid", "access_until": None}, "to get pull access back.", ["Card and invoices", "Cancel"]),
        ({"end_wanted_at": timezone.now()}, "It is being ended.", []),
        ({"state": "ended", "ended_at": timezone.now()}, "Pull access until", []),
    ],
)
def test_a_subscription_says_how_it_stands_and_what_can_be_done(
    client: Client, reader: User, changes: dict[str, object], words: str, buttons: list[str]
) -> None:
    SubscriptionFactory(placed_by=reader, product_title="Postgres HA", **changes)

    page = client.get(reverse("billing:subscriptions")).content.decode()

    assert ("Postgres HA" in page, "each month" in page, words in page) == (True, True, True)
    known = ("Card and invoices", "Do not cancel", "Cancel")
    assert [name for name in known if f">{name}</button>" in page] == buttons


def test_nobody_sees_what_they_do_not_buy_for(client: Client, reader: User) -> None:
    team = OrganisationFactory()
    SubscriptionFactory(buyer=team, product_title="Of the team")

    assert "No subscriptions yet" in client.get(reverse("billing:subscriptions")).content.decode()
    MembershipFactory(account=team, user=reader, role="billing")
    assert "Of the team" in client.get(reverse("billing:subscriptions")).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["subscription_renewal", "subscription_card"])
def test_what_stripe_does_not_know_is_told_and_changes_nothing(client: Client, reader: User, sandbox: Sandbox, name: str) -> None:
    made = SubscriptionFactory(placed_by=reader)

    answer = client.post(reverse(f"billing:{name}", args=[made.pk]), follow=True)

    assert answer.redirect_chain == [(reverse("billing:subscriptions"), 302)]
    assert len(answer.context["messages"]) == 1
    assert Subscription.objects.get().ends_with_period is False


def test_staff_have_stripe_asked_again(reader: User) -> None:
    later = timezone.now() + timedelta(days=20)
    made = SubscriptionFactory(attempts=20, due_at=later, given_up_at=timezone.now(), last_error="Stripe does not know it.")

    ask_again(subscription=made, reason="The key was mended.", actor=reader)

    made.refresh_from_db()
    assert (made.attempts, made.given_up_at, made.due_at < later) == (0, None, True)


def test_the_products_page_says_how_often_it_is_paid_and_promises_nothing_that_is_for_purchases(client: Client) -> None:
    product = ProductFactory(price__interval=Price.Interval.YEAR)

    page = client.get(product_url(product)).content.decode()

    assert ("each year" in page, "Paid until you cancel" in page, "Yours to keep" in page, "By yourself within" in page) == (
        True,
        True,
        False,
        False,
    )
