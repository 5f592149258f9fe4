"""Where a subscriber changes to a larger edition, said on the product's page before anything is asked of Stripe."""

from collections.abc import Mapping
from uuid import UUID

from accounts.people.models import Account
from billing.renewals.editions import choices_for
from billing.renewals.links import edition_url
from billing.subscriptions.models import Subscription
from marketplace.products.models import Product
from marketplace.shopwindow.upgrades import changing


@changing
def larger_editions(account: Account, product: Product) -> Mapping[UUID, str]:
    """Return where the account's subscription to the product is changed, by the id of each larger edition's price. Five queries at most."""
    own = Subscription.objects.running().filter(buyer=account, product=product, ends_with_period=False, end_wanted_at=None)
    subscription = own.select_related("price").first()
    if subscription is None:
        return {}
    subscription.product = product
    return {choice.price.pk: edition_url(subscription.pk, choice.price.pk) for choice in choices_for(subscription) if choice.larger}
