"""Gifts in every state, for the pages that show them. Runs inside the stack, as the other rows do."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import User
from accounts.tokens import secrets
from billing.gifts.models import OrderGift
from marketplace.products.models import Product
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import GiftFactory

FAR = timedelta(days=300)  # the sweeps leave these rows alone


def gifts(long_word: str) -> dict[str, str]:
    """What a seller has given, claimed, ended and with a word without a place to break; and a gift that a buyer has paid for."""
    redis, jonas, secret = Product.objects.get(slug="redis-steady"), User.objects.get(username="jonas"), secrets.new_gift_secret()
    now = timezone.now()
    given = GiftFactory(product=redis, secret=secret, message="Try it & say what you think.", access_ends_at=now + timedelta(days=90))
    GiftFactory(product=redis, claimed=True)
    GiftFactory(product=redis, expires_at=now - timedelta(days=1))
    GiftFactory(product=redis, revoked_at=now, revocation_reason=long_word, email=f"{'x' * 60}@{'y' * 60}.example.test", reason=long_word)
    order = PaidOrderFactory(product=redis, placed_by=jonas, due_at=now + FAR)
    jonas.account.entitlements.filter(source_id=order.pk).delete()
    OrderGift.objects.create(order=order, email="kim@example.test", message="Happy birthday.")
    paid = {"source_kind": "order", "source_id": order.pk, "giver": jonas.account, "given_by": jonas, "reason": ""}
    GiftFactory(product=redis, email="kim@example.test", message="Happy birthday.", **paid)
    return {"gift": str(given.pk), "gift_key": secret, "gift_order": str(order.pk)}
