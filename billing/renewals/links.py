"""Addresses of a subscription's pages with what they are asked for."""

from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode


def edition_url(subscription_id: UUID, price_id: UUID | None, *, code: str = "") -> str:
    """Return where a change to a price is shown before it is made; without a price, to which ones there are.

    Args:
        code: that the buyer wanted to use, of which the page says why it does not count.
    """
    asked = {"price": str(price_id) if price_id else "", "code": code}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("billing:subscription_edition", args=[subscription_id]) + (f"?{query}" if query else "")
