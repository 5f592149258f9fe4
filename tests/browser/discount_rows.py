"""Codes and offers in every state, for the pages that show them. Runs inside the stack, as the other rows do."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import User
from billing.discounts.models import DiscountUse
from marketplace.products.models import Product
from tests.factories.billing import DiscountFactory, OfferFactory, PaidOrderFactory

FAR = timedelta(days=300)  # the sweeps leave these rows alone


def discounts() -> dict[str, str]:
    """A seller's codes in every state, and offers to the buyer."""
    days, jonas, now = Product.objects.get(slug="working-days"), User.objects.get(username="jonas"), timezone.now()
    of_mara = {"seller": days.seller}
    used = DiscountFactory(code="AUTUMN", most_uses=50, **of_mara)
    for order in PaidOrderFactory.create_batch(2, due_at=now + FAR):
        DiscountUse.objects.create(order=order, discount=used, buyer=order.buyer)
    DiscountFactory(code="NEWYEAR", off=True, starts_at=now + FAR, **of_mara)
    DiscountFactory(code="PAUSED-FOR-A-WHILE-" + "X" * 21, paused_at=now, **of_mara).products.set(
        Product.objects.filter(seller=days.seller)
    )
    DiscountFactory(code="STAY", duration="forever", **of_mara)
    offer = OfferFactory(product=days, account=jonas.account, email="", amount=900, **of_mara)
    over = OfferFactory(product=days, account=jonas.account, email="", amount=900, ended_at=now, **of_mara)
    OfferFactory(product=days, email=f"{'a' * 60}@{'b' * 60}.example", **of_mara)
    return {"offer": str(offer.pk), "offer_over": str(over.pk)}
