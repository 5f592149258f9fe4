"""A new price counts for those who are subscribed: only once its seller says so, after notice, from a renewal on, and told to Stripe once."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.orders.models import Order
from billing.renewals import announcing, repricing
from billing.renewals.announcing import announce_price, first_renewal, tell_subscribers
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import apply_price_change, try_price_change_again
from billing.renewals.services import set_renewal
from billing.renewals.tasks import change_prices_of_subscriptions
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.subscription_prices import item_of, read_renewal, set_renewal_price
from billing.subscriptions.errors import NobodyPaysAnother, PriceChangeNotOpen, PriceNotForSubscriptions
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from billing.subscriptions.terms import terms_now, terms_of_period
from common.db.errors import LockTimeout
from common.money import Money
from marketplace.images.errors import NotYours
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import set_price
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import clock
from tests.billing.renewals.test_subscriptions import card, first, monthly, renew, sandbox_process, subscription
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.billing import SubscriptionFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def cost(product: Product, minor: int) -> Price:
    """Set the product's price of each month."""
    actor = product.seller.account.user
    assert actor is not None
    return set_price(product=product, money=Money(minor, "eur"), actor=actor, interval=Price.Interval.MONTH)


def tell(product: Product, minor: int, *, now: datetime | None = None) -> PriceChange:
    """Set another price, announce it and have the job tell everybody; return what it means for the one subscription."""
    actor = product.seller.account.user
    assert actor is not None
    announce_price(price=cost(product, minor), actor=actor)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(announcing, "timezone", SimpleNamespace(now=lambda: now or timezone.now()))
        assert tell_subscribers() == 1
    return PriceChange.objects.open().get()


def at_stripe(sandbox: Sandbox, subscription: Subscription) -> tuple[int, float | None]:
    found = sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")
    return found["items"]["data"][0]["price"]["unit_amount"], found["application_fee_percent"]


def periods(subscription: Subscription) -> list[tuple[int, int, str, str]]:
    return list(subscription.orders.order_by("period_end").values_list("amount", "application_fee", "state", "flag"))


def test_a_higher_price_counts_from_the_first_renewal_after_the_notice_and_costs_nobody_more_before(
    subscription: Subscription, monthly: Product, sandbox: Sandbox, buyer: User, settings: Any
) -> None:
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 45  # longer than a month: the next renewal is too early
    cost(monthly, 2900)
    assert (at_stripe(sandbox, subscription)[0], Subscription.objects.get().amount) == (1900, 1900)  # prices never touch what was sold

    change = tell(monthly, 2900, now=clock(sandbox))
    apply_price_change(change_id=change.pk)

    change.refresh_from_db()
    assert subscription.period_end is not None
    assert (change.state, change.counts_from > subscription.period_end) == ("announced", True)
    assert change.counts_from >= clock(sandbox) + timedelta(days=45) - timedelta(minutes=1)
    assert (change.due_at > subscription.period_end, at_stripe(sandbox, subscription)) == (True, (1900, 10.0))
    mail = OutgoingMail.objects.get(key=f"price_change:{change.pk}:0")
    assert ("€29.00 instead of €19.00" in mail.body_text, "cancel before" in mail.body_text, mail.to) == (True, True, buyer.email)
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    while apply_price_change(change_id=change.pk).state == "announced":
        now = renew(sandbox, subscription)
        reconcile_subscription(subscription_id=subscription.pk, now=now)
    assert {row[0] for row in periods(subscription)} == {1900}
    assert at_stripe(sandbox, subscription) == (2900, 10.0)

    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)

    assert periods(subscription)[-2:] == [(1900, 190, "paid", ""), (2900, 290, "paid", "")]
    assert Order.objects.order_by("period_end").last().price_id == change.price_id  # type: ignore[union-attr]  # there is one
    assert {event.action for event in AuditEvent.objects.all()} >= {
        "price.announced",
        "subscription.price_announced",
        "subscription.price_set",
    }


def test_a_lower_price_counts_from_the_next_renewal_and_is_told_to_stripe_once(
    subscription: Subscription, monthly: Product, sandbox: Sandbox
) -> None:
    change = tell(monthly, 1000, now=clock(sandbox))
    assert change.counts_from == subscription.period_end

    sandbox.fail("/v1/subscriptions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        apply_price_change(change_id=change.pk)
    sandbox.mend()
    assert (at_stripe(sandbox, subscription)[0], Subscription.objects.get().amount) == (1000, 1900)
    PriceChange.objects.update(due_at=timezone.now())
    assert change_prices_of_subscriptions() == 1
    made = len(sandbox.events("customer.subscription.updated"))
    PriceChange.objects.update(state="announced")  # as if the worker had died before it wrote the answer down
    for _ in range(2):
        assert apply_price_change(change_id=change.pk).state == "set"

    assert len(sandbox.events("customer.subscription.updated")) == made
    assert (at_stripe(sandbox, subscription), Subscription.objects.get().amount) == ((1000, 10.0), 1000)
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    assert periods(subscription) == [(1900, 190, "paid", ""), (1000, 100, "paid", "")]


def test_a_period_that_is_paid_late_keeps_the_price_it_was_charged_at(
    subscription: Subscription, monthly: Product, sandbox: Sandbox
) -> None:
    card(sandbox, subscription, "0341")
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    apply_price_change(change_id=tell(monthly, 1000, now=now).pk)
    assert Subscription.objects.get().amount == 1000

    card(sandbox, subscription, "4242")
    sandbox.control("/clock/advance", days=1)
    reconcile_subscription(subscription_id=subscription.pk, now=clock(sandbox))

    assert periods(subscription) == [(1900, 190, "paid", ""), (1900, 190, "paid", "")]


def test_another_announcement_takes_the_place_of_one_that_stripe_was_not_told_of(
    subscription: Subscription, monthly: Product, sandbox: Sandbox
) -> None:
    dear = tell(monthly, 2900, now=clock(sandbox))
    same = tell(monthly, 1900, now=clock(sandbox))

    dear.refresh_from_db()
    assert (dear.state, same.was_amount, same.amount, same.counts_from) == ("dropped", 1900, 1900, subscription.period_end)
    assert "stays as it is" in OutgoingMail.objects.get(key=f"price_change:{same.pk}:0").body_text
    assert apply_price_change(change_id=dear.pk).state == "dropped"
    apply_price_change(change_id=same.pk)
    assert at_stripe(sandbox, subscription) == (1900, 10.0)


def test_until_a_price_counts_the_one_before_is_what_is_paid(
    subscription: Subscription, monthly: Product, sandbox: Sandbox, settings: Any
) -> None:
    change = tell(monthly, 1000, now=clock(sandbox))
    apply_price_change(change_id=change.pk)
    changed = Subscription.objects.get()

    assert terms_now(changed, clock(sandbox)).amount == 1900
    assert terms_now(changed, change.counts_from + timedelta(days=1)).amount == 1000
    assert [terms_of_period(changed, Money(minor, "eur"), clock(sandbox)).amount for minor in (1000, 1900, 5)] == [1000, 1900, 1000]
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 1  # the next renewal is later
    soon = tell(monthly, 1500, now=clock(sandbox))
    assert (soon.was_amount, soon.counts_from) == (1900, change.counts_from)
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 45
    late = tell(monthly, 1600, now=clock(sandbox))
    assert (late.was_amount, late.counts_from > change.counts_from) == (1000, True)


def test_one_that_stripe_does_not_know_stops_nobody_and_staff_have_it_tried_again(
    subscription: Subscription, monthly: Product, sandbox: Sandbox, seller: SellerProfile
) -> None:
    unknown = SubscriptionFactory(product=monthly, period_end=subscription.period_end, amount=1900)
    announce_price(price=cost(monthly, 1000), actor=person_of(seller))

    assert change_prices_of_subscriptions() == 4  # two were told, and then Stripe was told of both

    refused, done = (PriceChange.objects.get(subscription=one) for one in (unknown, subscription))
    assert (refused.state, "No such subscription" in refused.last_error, done.state) == ("announced", True, "set")
    assert "to €10.00, announced" in str(refused)
    PriceChange.objects.filter(pk=refused.pk).update(given_up_at=timezone.now())
    try_price_change_again(change=refused, reason="Mended at Stripe.", actor=UserFactory(staff=True))
    refused.refresh_from_db()
    assert (refused.given_up_at, refused.attempts, refused.last_error) == (None, 0, "")
    with pytest.raises(PriceChangeNotOpen):
        try_price_change_again(change=done, reason="Again.", actor=UserFactory(staff=True))
    assert AuditEvent.objects.filter(action="subscription.price_tried_again").count() == 1


def test_who_has_canceled_is_left_alone_and_who_has_ended_is_dropped(
    subscription: Subscription, monthly: Product, sandbox: Sandbox, buyer: User, seller: SellerProfile
) -> None:
    change = tell(monthly, 1000, now=clock(sandbox))
    set_renewal(subscription=subscription, renews=False, actor=buyer)
    with pytest.raises(NobodyPaysAnother):
        announce_price(price=cost(monthly, 900), actor=person_of(seller))

    sandbox.http.delete(f"/v1/subscriptions/{subscription.stripe_subscription_id}").raise_for_status()

    assert apply_price_change(change_id=change.pk).state == "dropped"
    PriceChange.objects.update(state="announced")
    Subscription.objects.update(state="ended", ended_at=timezone.now())
    assert apply_price_change(change_id=change.pk).state == "dropped"
    assert (PriceChange.objects.count(), Subscription.objects.get().amount) == (1, 1900)


def test_a_change_that_was_dropped_while_stripe_was_told_is_not_written(
    subscription: Subscription, monthly: Product, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = tell(monthly, 1000, now=clock(sandbox))

    def overtaken(key: str, **wanted: Any) -> object:
        PriceChange.objects.update(state="dropped")
        return set_renewal_price(key, **wanted)

    monkeypatch.setattr(repricing, "set_renewal_price", overtaken)

    assert apply_price_change(change_id=change.pk).state == "dropped"
    assert Subscription.objects.get().amount == 1900


def test_without_a_fee_stripe_takes_none_from_then_on(subscription: Subscription, sandbox: Sandbox) -> None:
    key = subscription.stripe_subscription_id

    renewal = set_renewal_price(key, price=Money(2000, "eur"), fee=Money(0, "eur"))

    assert (renewal.costs(Money(2000, "eur"), Money(0, "eur")), at_stripe(sandbox, subscription)) == (True, (2000, None))
    assert read_renewal(key) == renewal
    with pytest.raises(StripeRefused):
        item_of({"items": SimpleNamespace(data=[])})  # type: ignore[arg-type]  # as far as it is read


@pytest.fixture
def yearly() -> Product:
    made: Product = ProductFactory(price__interval=Price.Interval.MONTH, price__amount=1900)
    return made


def test_thousands_are_told_in_batches_and_each_once(yearly: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    end = timezone.now() + timedelta(days=3)
    for _ in range(3):
        SubscriptionFactory(product=yearly, period_end=end)
    monkeypatch.setattr(announcing, "TOLD_A_RUN", 2)
    actor = yearly.seller.account.user
    assert actor is not None
    announced = announce_price(price=cost(yearly, 2900), actor=actor)
    assert announce_price(price=announced.price, actor=actor) == announced  # the same again, while they are being told

    assert [tell_subscribers() for _ in range(4)] == [2, 1, 0, 0]

    assert PriceAnnouncement.objects.get().done_at is not None
    assert (PriceChange.objects.open().count(), OutgoingMail.objects.count()) == (3, 3)
    with pytest.raises(NobodyPaysAnother):
        announce_price(price=announced.price, actor=actor)


def test_who_pays_a_former_seller_keeps_their_price(yearly: Product) -> None:
    SubscriptionFactory(product=yearly, seller=SellerFactory())
    actor = yearly.seller.account.user
    assert actor is not None

    with pytest.raises(NobodyPaysAnother):
        announce_price(price=cost(yearly, 2900), actor=actor)

    assert not PriceAnnouncement.objects.exists()


def test_one_who_cannot_be_told_now_stops_nobody_and_is_told_in_the_next_run(yearly: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    locked, _ = (SubscriptionFactory(product=yearly) for _ in range(2))
    actor = yearly.seller.account.user
    assert actor is not None
    announce_price(price=cost(yearly, 2900), actor=actor)

    def lock_in_vain(*, subscription_id: UUID) -> Subscription:
        if subscription_id == locked.pk:
            raise LockTimeout
        return lock_subscription(subscription_id=subscription_id)

    with monkeypatch.context() as patch:
        patch.setattr(announcing, "lock_subscription", lock_in_vain)
        assert tell_subscribers() == 1

    assert PriceAnnouncement.objects.get().done_at is None
    assert (tell_subscribers(), tell_subscribers()) == (1, 0)
    assert PriceChange.objects.open().count() == 2


def test_a_price_that_is_retired_before_all_are_told_is_told_to_nobody_more(yearly: Product) -> None:
    SubscriptionFactory(product=yearly)
    actor = yearly.seller.account.user
    assert actor is not None
    announced = announce_price(price=cost(yearly, 2900), actor=actor)
    assert "2029" not in str(announced)
    cost(yearly, 3000)

    assert tell_subscribers() == 0

    assert (PriceAnnouncement.objects.get().done_at is None, PriceChange.objects.count()) == (False, 0)


def test_who_was_told_meanwhile_is_not_told_twice(yearly: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    made = SubscriptionFactory(product=yearly)
    actor = yearly.seller.account.user
    assert actor is not None
    announced = announce_price(price=cost(yearly, 2900), actor=actor)
    Subscription.objects.update(ends_with_period=True)  # canceled after the job has looked

    assert announcing._tell(announced, made.pk) == 0

    assert OutgoingMail.objects.count() == 0


def test_a_price_is_announced_by_its_seller_alone_and_only_one_that_can_be_subscribed_at(yearly: Product) -> None:
    SubscriptionFactory(product=yearly)
    old, new = yearly.prices.get(), cost(yearly, 2900)
    once = ProductFactory().prices.get()

    with pytest.raises(NotYours):
        announce_price(price=new, actor=UserFactory())
    for price in (old, once):
        with pytest.raises(PriceNotForSubscriptions):
            announce_price(price=price, actor=person_of(price.product.seller))

    assert (PriceAnnouncement.objects.count(), AuditEvent.objects.filter(action="price.announced").count()) == (0, 0)


def test_everybody_who_buys_for_an_organisation_is_told(yearly: Product) -> None:
    team: Account = OrganisationFactory()
    SubscriptionFactory(product=yearly, buyer=team)
    MembershipFactory(account=team, user=UserFactory(), role="billing")

    change = tell(yearly, 2900)

    assert OutgoingMail.objects.filter(key__startswith=f"price_change:{change.pk}:").count() >= 2
    assert all(team.name in mail.body_text for mail in OutgoingMail.objects.all())


@pytest.mark.parametrize(
    ("ends", "interval", "not_before", "renewal"),
    [
        ("2027-01-10", "month", "2027-01-05", "2027-01-10"),
        ("2027-01-10", "month", "2027-01-10", "2027-01-10"),
        ("2027-01-31", "month", "2027-02-10", "2027-02-28"),
        ("2027-01-31", "month", "2027-03-01", "2027-03-31"),
        ("2027-11-30", "month", "2028-01-15", "2028-01-30"),
        ("2028-02-29", "year", "2028-03-01", "2029-02-28"),
    ],
)
def test_the_first_renewal_after_a_notice(ends: str, interval: str, not_before: str, renewal: str) -> None:
    at = {
        name: datetime.fromisoformat(day).replace(tzinfo=UTC) for name, day in {"ends": ends, "from": not_before, "then": renewal}.items()
    }

    assert first_renewal(at["ends"], interval=interval, not_before=at["from"]) == at["then"]
