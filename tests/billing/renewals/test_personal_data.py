"""What of subscriptions is a person's: exported with their data, in the way of deleting an account while it runs, without an address after."""

import pytest

from billing.personal_data import HANDLER
from billing.subscriptions.models import Subscription
from tests.factories.billing import SubscriptionFactory

pytestmark = pytest.mark.django_db


def test_a_running_subscription_is_in_the_way_of_its_buyer_and_its_seller() -> None:
    made = SubscriptionFactory(product_title="Postgres HA")

    for account in (made.buyer, made.seller.account):
        assert [sentence for sentence in HANDLER.obstacles(account) if "Postgres HA" in sentence] == [
            "The subscription to Postgres HA is still running: it has to be canceled and to end first."
        ]
    Subscription.objects.update(state="ended", ended_at=made.created_at)
    assert list(HANDLER.obstacles(made.buyer)) == []


def test_it_is_exported_and_its_address_forgotten() -> None:
    made = SubscriptionFactory()

    assert [row["id"] for row in HANDLER.export(made.placed_by)["subscriptions"]] == [made.pk]
    HANDLER.forget(made.buyer)

    made.refresh_from_db()
    assert made.email not in {"", made.placed_by.email}
