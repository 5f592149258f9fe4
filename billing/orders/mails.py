"""What buyers read by mail while a payment takes days, written in the transaction of the change that it reports."""

from accounts.organisations.buying import addresses_of_buyers
from billing.orders.models import Order
from common.web.links import absolute
from outbox.mail.services import queue_mail


def tell_buyer_of_debit(order: Order) -> None:
    """Tell whoever placed the order, and who buys for its organisation, that its bank debit is on its way or has failed; once for each."""
    context = {"order": order, "buyer": order.buyer, "order_url": absolute("billing:order", order.pk)}
    for number, address in enumerate([order.email, *addresses_of_buyers(order.buyer, besides=[order.email])]):
        queue_mail(to=address, template="debit", context=context, key=f"debit:{order.pk}:{order.state}:{number}")
