"""What is written to whoever subscribed: a payment failed, another price, that it is not renewed, and the end."""

from accounts.organisations.buying import addresses_of_buyers
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.web.links import absolute
from marketplace.products.selectors.pages import product_url
from outbox.mail.services import queue_mail

_TEMPLATES = {
    Subscription.State.PAST_DUE: "subscription_failed",
    Subscription.State.UNPAID: "subscription_failed",
    Subscription.State.ENDED: "subscription_ended",
}


def queue_subscription_mail(subscription: Subscription, *, was: Subscription.State, unpaid: bool) -> None:
    """Write about a state that the subscription has just reached, if there is something to say; once for each state and period.

    Args:
        unpaid: what has ended was ended by Stripe, for its payment failed too often.
    """
    template = _TEMPLATES.get(Subscription.State(subscription.state))
    if template is None or template == _TEMPLATES.get(was):
        return
    context: dict[str, object] = {"unpaid": unpaid, "seller_paid": subscription.pays_seller}
    _tell_buyers(subscription, template, context, key=f"{template}:{subscription.pk}:{subscription.period_end}")


def queue_ending_mail(subscription: Subscription, *, reason: str, key: str) -> None:
    """Tell whoever subscribed, and who else buys for them, that the shop has it end with its period, and why; once for each key.

    Args:
        reason: a message of the catalogue, or what staff wrote.
    """
    _tell_buyers(subscription, "subscription_ending", {"reason": reason}, key=f"subscription_ending:{key}")


def _tell_buyers(subscription: Subscription, template: str, context: dict[str, object], *, key: str) -> None:
    context = context_of(subscription) | context
    for number, address in enumerate(_addresses(subscription)):
        queue_mail(to=address, template=template, context=context, key=f"{key}:{number}" if number else key)


def _addresses(subscription: Subscription) -> list[str]:
    return [subscription.email, *addresses_of_buyers(subscription.buyer, besides=[subscription.email])]


def context_of(subscription: Subscription) -> dict[str, object]:
    """Return what the mails say of a subscription."""
    return {
        "subscription": subscription,
        "buyer": subscription.buyer,
        "subscriptions_url": absolute("billing:subscriptions"),
        "product_url": product_url(subscription.product),
    }


def queue_price_mails(change: PriceChange) -> None:
    """Tell whoever subscribed, and who else buys for them, what it will cost, from when, and how to cancel."""
    subscription = change.subscription
    context = {**context_of(subscription), "change": change}
    for number, address in enumerate(_addresses(subscription)):
        key, origin = f"price_change:{change.pk}:{number}", str(change.announcement_id)
        queue_mail(to=address, template="price_change", context=context, key=key, origin=origin)


def queue_upgrade_failed(upgrade: Upgrade) -> None:
    """Tell whoever subscribed, and who else buys for them, that an upgrade was not paid in time, and that all is as before."""
    _tell_buyers(upgrade.subscription, "upgrade_failed", {"upgrade": upgrade}, key=f"upgrade_failed:{upgrade.pk}")


def queue_edition_planned(change: PriceChange, title: str) -> None:
    """Tell whoever subscribed, and who else buys for them, what was chosen from the next period on, and how to take it back."""
    context = {"change": change, "title": title}
    _tell_buyers(change.subscription, "edition_planned", context, key=f"edition_planned:{change.pk}")
