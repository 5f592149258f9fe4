"""What sellers read by mail about payouts, written in the transaction of the change that it reports."""

from accounts.organisations.models import BUYING_ROLES
from accounts.organisations.selectors import people_of
from billing.payouts.models import Payout
from common.web.links import absolute
from outbox.mail.services import queue_mail


def tell_of_returned_payout(*, payout: Payout) -> None:
    """Tell those who see a seller's money that a payout came back, and why; once for each payout."""
    seller = payout.seller
    if seller is None:
        return
    context = {"payout": payout, "seller": seller, "payouts_url": absolute("billing:payouts", seller=seller.account.handle)}
    for number, reader in enumerate(people_of(seller.account, roles=BUYING_ROLES)):
        queue_mail(to=reader.email, template="payout_returned", context=context, key=f"payout-returned:{payout.pk}:{number}")
