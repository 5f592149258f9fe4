"""What of subscriptions is a person's: exported with their data, ended with their account, without an address after."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from billing.personal_data import HANDLER
from tests.factories.accounts import OrganisationFactory
from tests.factories.billing import SubscriptionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("whose", ["buyer", "seller"])
def test_what_runs_is_not_in_the_way_of_an_account_and_ends_with_it(whose: str) -> None:
    made, other = SubscriptionFactory(due_at=timezone.now() + timedelta(days=9)), SubscriptionFactory()
    account = made.buyer if whose == "buyer" else made.seller.account

    assert list(HANDLER.obstacles(account)) == []
    for _ in range(2):
        HANDLER.forget(account)

    made.refresh_from_db()
    other.refresh_from_db()
    assert (made.end_wanted_at is None, made.due_at <= timezone.now(), other.end_wanted_at) == (False, True, None)
    assert AuditEvent.objects.get(action="subscriptions.end_wanted").details["subscriptions"] == 1


def test_what_somebody_began_for_an_organisation_goes_on_without_them() -> None:
    made = SubscriptionFactory(buyer=OrganisationFactory())

    HANDLER.forget(made.placed_by.account)

    made.refresh_from_db()
    assert made.end_wanted_at is None


def test_it_is_exported_and_its_address_forgotten() -> None:
    made = SubscriptionFactory()

    assert [row["id"] for row in HANDLER.export(made.placed_by)["subscriptions"]] == [made.pk]
    HANDLER.forget(made.buyer)

    made.refresh_from_db()
    assert made.email not in {"", made.placed_by.email}
