"""What sellers and buyers read by mail about disputes, written in the transaction of the change that it reports."""

from accounts.organisations.buying import addresses_of_buyers
from accounts.organisations.models import BUYING_ROLES
from accounts.organisations.selectors import people_of
from billing.disputes.models import Dispute
from billing.orders.models import Order
from common.web.links import absolute
from outbox.mail.services import queue_mail


def tell_seller_of_dispute(*, dispute: Dispute, key: str, reminder: bool = False) -> None:
    """Write to those who see the seller's money; the same key again does nothing."""
    order = dispute.order
    dispute_url = absolute("billing:seller_dispute", dispute.pk, seller=order.seller.account.handle)
    context = {"dispute": dispute, "order": order, "seller": order.seller, "dispute_url": dispute_url, "reminder": reminder}
    for number, reader in enumerate(people_of(order.seller.account, roles=BUYING_ROLES)):
        queue_mail(to=reader.email, template="dispute_of_sale", context=context, key=f"dispute-seller:{key}:{number}")


def tell_buyer_of_dispute(order: Order) -> None:
    """Tell whoever placed the order, and who buys for its organisation, what the dispute means for pull access; once for each revision."""
    context = {"order": order, "buyer": order.buyer, "order_url": absolute("billing:order", order.pk)}
    key = f"dispute-buyer:{order.pk}:{order.state}:{order.revision}"
    for number, address in enumerate([order.email, *addresses_of_buyers(order.buyer, besides=[order.email])]):
        queue_mail(to=address, template="dispute_of_purchase", context=context, key=f"{key}:{number}")
