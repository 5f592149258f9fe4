"""Addresses of a subscription's pages with what they are asked for."""

from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode


def edition_url(subscription_id: UUID, price_id: UUID | None) -> str:
    """Return where a change to a price is shown before it is made; without a price, to which ones there are."""
    query = f"?{urlencode({'price': str(price_id)})}" if price_id else ""
    return reverse("billing:subscription_edition", args=[subscription_id]) + query
