"""Whose subscriptions are whose."""

from django.db.models import QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from billing.subscriptions.models import Subscription


def subscriptions_seen_by(user: User) -> QuerySet[Subscription]:
    """Return the subscriptions of the user and of the organisations they buy for, newest first, with what a page shows of them."""
    found = Subscription.objects.filter(buyer__in=buyers_of(user))
    return found.select_related("buyer", "seller", "price", "product__namespace")
