"""What of subscriptions is a person's: exported with their data, ended with their account, without an address after."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from billing.payments.periods import bring_access_in_line
from billing.personal_data import HANDLER
from marketplace.entitlements.models import Entitlement
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.billing import DiscountFactory, PaidOrderFactory, PriceChangeFactory, SubscriptionFactory, UpgradeFactory

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


def test_what_a_person_was_told_of_prices_and_has_told_others_is_exported() -> None:
    change = PriceChangeFactory()
    PriceChangeFactory()  # somebody else's

    (told,) = HANDLER.export(change.subscription.placed_by)["price_changes"]
    assert (told["subscription"], told["was_amount"], told["amount"]) == (change.subscription_id, change.was_amount, change.amount)
    assert (told["subscription__currency"], told["counts_from"]) == (change.subscription.currency, change.counts_from)
    (announced,) = HANDLER.export(change.announcement.announced_by)["price_announcements"]
    assert (announced["price__amount"], announced["announced_at"]) == (change.price.amount, change.announcement.announced_at)


def test_upgrades_are_exported_to_who_made_them_and_to_whom_they_are_for() -> None:
    team = OrganisationFactory()
    made = UpgradeFactory(subscription=SubscriptionFactory(buyer=team), placed_by=UserFactory())
    own = UpgradeFactory()

    (placed,) = HANDLER.export(made.placed_by)["upgrades"]
    assert (placed["subscription"], placed["charge"], placed["asked_at"]) == (made.subscription_id, made.charge, made.asked_at)
    assert HANDLER.export(made.subscription.placed_by)["upgrades"] == []
    (bought,) = HANDLER.export(own.subscription.buyer.user)["upgrades"]
    assert (bought["subscription"], bought["subscription__currency"]) == (own.subscription_id, own.subscription.currency)


def test_what_a_code_takes_off_and_the_terms_of_ones_own_codes_are_exported() -> None:
    until = timezone.now() + timedelta(days=60)
    made = SubscriptionFactory(discount_code="AUTUMN", discount_amount=380, reduced_until=until)
    code = DiscountFactory(duration="repeating", months=3)

    (reduced,) = HANDLER.export(made.placed_by)["subscriptions"]
    assert [reduced[name] for name in ("discount_code", "discount_amount", "reduced_until")] == ["AUTUMN", 380, until]
    (given,) = HANDLER.export(code.made_by)["discounts"]
    assert (given["code"], given["duration"], given["months"], given["edition__name"]) == (code.code, "repeating", 3, None)


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_who_has_left_is_granted_nothing_again_though_the_period_is_paid(kind: str, *, ended: bool) -> None:
    made = SubscriptionFactory() if kind == "person" else SubscriptionFactory(buyer=OrganisationFactory())
    order, now = PaidOrderFactory(product=made.product, placed_by=made.placed_by, buyer=made.buyer), timezone.now()
    Entitlement.objects.all().delete()
    order.subscription, order.period_start, order.period_end = made, now, now + timedelta(days=30)
    order.save()
    if ended and kind == "person":
        made.buyer.user.deleted_at = now
    elif ended:
        made.buyer.closed_at = now

    bring_access_in_line(made, made.product.images.all(), now=now)

    assert (Entitlement.objects.in_force().exists(), made.access_until is None) == (not ended, ended)
