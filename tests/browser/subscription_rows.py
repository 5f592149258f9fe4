"""Subscriptions in every state, for the pages that show them. Runs inside the stack, as the other rows do."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import Account, User
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from marketplace.images.models import Namespace
from marketplace.products.models import Price
from tests.factories.billing import DiscountFactory, PaidOrderFactory, PriceChangeFactory, SubscriptionFactory, UpgradeFactory
from tests.factories.marketplace import EditionFactory, ProductFactory, PushedImageFactory

FAR = timedelta(days=300)  # the sweeps leave these rows alone
State = Subscription.State


def subscriptions(long_word: str) -> dict[str, str]:
    """A product by the month with subscriptions of a buyer in each state, and one of somebody with the longest names.

    Two are at an earlier price, one of them was told of another; returns the price that could count for the others as `price`.
    """
    namespace, now = Namespace.objects.get(name="northlight"), timezone.now()
    monthly = {"price__interval": Price.Interval.MONTH, "price__amount": 1_900}
    product = ProductFactory(namespace=namespace, slug="by-the-month", title="By the month", **monthly)
    jonas, longest = (User.objects.get(username=name) for name in ("jonas", "longest"))
    of_jonas = {"product": product, "placed_by": jonas, "due_at": now + FAR}
    states: tuple[dict[str, object], ...] = (
        {},
        {"ends_with_period": True},
        {"state": State.PAST_DUE, "failed_at": now},
        {"state": State.UNPAID, "failed_at": now, "access_until": None},
        {"end_wanted_at": now, "end_reason": "A period of it was given back.", "given_up_at": now},
        {"state": State.ENDED, "ended_at": now},
    )
    for fields in states:
        SubscriptionFactory(**of_jonas, **fields)
    told, _ = (SubscriptionFactory(**of_jonas, amount=1_500) for _ in range(2))
    SubscriptionFactory(**of_jonas, discount_code="AUTUMN", discount_amount=380, reduced_until=now + FAR)
    DiscountFactory(seller=product.seller, code="FIRST3", duration="repeating", months=3)
    PriceChangeFactory(subscription=told, amount=1_900, due_at=now + FAR)
    team = Account.objects.filter(memberships__user=longest, kind=Account.Kind.ORGANISATION).first()
    long = {"product_title": long_word[:80], "amount": 2_000_000_000, "currency": "huf", "buyer": team or longest.account}
    SubscriptionFactory(product=product, placed_by=longest, due_at=now + FAR, application_fee=1, **long)
    return {"price": str(product.prices.get().pk), **_in_editions(namespace, jonas)}


def _in_editions(namespace: Namespace, buyer: User) -> dict[str, str]:
    """A product in three editions by the month of which the buyer has the middle one, and an upgrade that waits for their bank."""
    images = [PushedImageFactory(namespace=namespace) for _ in range(3)]
    product, now = ProductFactory(namespace=namespace, slug="editions-by-the-month", title="In editions", images=images), timezone.now()
    for count, name in enumerate(("Standard", "Pro", "Everything"), start=1):
        amount = {"price__interval": Price.Interval.MONTH, "price__amount": 1_000 * count}
        EditionFactory(product=product, name=name, images=images[:count], **amount)
    smaller, middle, larger = (product.prices.get(edition__name=name, retired_at=None) for name in ("Standard", "Pro", "Everything"))
    fields = {"product": product, "price": middle, "placed_by": buyer, "due_at": now + FAR}
    had, waits = (SubscriptionFactory(**fields, product_title="In editions, Pro") for _ in range(2))
    for one in (had, waits):
        period = {"period_start": now, "period_end": one.period_end, "invoice_id": f"in_{one.pk.hex}"}
        order = PaidOrderFactory(product=product, price=middle, placed_by=buyer, subscription=one, due_at=now + FAR, **period)
        order.images.filter(image=images[2]).delete()
    _chosen_and_announced(SubscriptionFactory(**{**fields, "price": smaller}, product_title="In editions, Pro"), middle)
    waiting = {"price": larger, "product_title": "In editions, Everything", "due_at": now + FAR}
    UpgradeFactory(subscription=waits, state=Upgrade.State.UNPAID, pay_url="https://invoice.test/i/1", **waiting)
    return {"edition_subscription": str(had.pk), "smaller_price": str(smaller.pk)}


def _chosen_and_announced(subscription: Subscription, was: Price) -> None:
    """Its buyer has chosen the smaller edition that it is for from the next period on, which costs more from a later one on."""
    fields = {"subscription": subscription, "price": subscription.price, "due_at": timezone.now() + FAR}
    chosen = {"was_price": was, "was_amount": was.amount, "counts_from": subscription.period_end, "state": PriceChange.State.SET}
    PriceChangeFactory(**fields, **chosen, announcement=None, amount=subscription.amount)
    PriceChangeFactory(**fields, amount=1_500)
