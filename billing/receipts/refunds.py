"""The mails of refunds, to the buyer and to the seller, written in the transaction of the change that they report."""

from accounts.organisations.buying import addresses_of_buyers
from accounts.people.models import Account
from accounts.tokens.lifetimes import pull_ends_after_minutes
from billing.receipts.services import context_of, queue_to_buyer
from billing.refunds.models import Refund
from common.web.links import absolute
from outbox.mail.services import queue_mail

Origin = Refund.Origin


def queue_refund_mails(*, refund: Refund) -> None:
    """Tell both sides that money is on its way back, and why where that was said to them; once for each refund."""
    # The shop's reasons are messages of the catalogue, which the mail translates. A seller's are for the buyer, staff's are for the trail.
    why = refund.reason if refund.origin == Origin.SHOP else ""
    said = refund.reason if refund.origin == Origin.SELLER else ""
    credit_note = refund.documents.first()
    context = _context(refund) | {
        "pull_ends_after": pull_ends_after_minutes(),
        "why": why,
        "said": said,
        "credit_note_url": absolute("billing:document", credit_note.pk) if credit_note else "",
    }
    queue_to_buyer(refund.order, "refund", context, key=f"refund:{refund.pk}")
    _queue_to_seller(refund, "refund_of_sale")


def queue_failure_mails(*, refund: Refund) -> None:
    """Tell both sides that a refund has not arrived; once for each refund."""
    queue_to_buyer(refund.order, "refund_failed", _context(refund), key=f"refund-failed:{refund.pk}")
    _queue_to_seller(refund, "refund_of_sale_failed")


def queue_refusal_mail(*, refund: Refund) -> None:
    """Tell the buyer that a purchase which they gave back stays theirs, because it was pulled; once for each refund."""
    queue_to_buyer(refund.order, "refund_refused", _context(refund), key=f"refund-refused:{refund.pk}")


def _context(refund: Refund) -> dict[str, object]:
    return context_of(refund.order) | {"refund": refund}


def _queue_to_seller(refund: Refund, template: str) -> None:
    if refund.origin == Origin.SHOP:
        return  # to them nothing was sold
    order = refund.order
    context = _context(refund) | {"seller_order_url": absolute("billing:seller_order", order.pk, seller=order.seller.account.handle)}
    for number, address in enumerate(_addresses_of(order.seller.account), start=1):
        queue_mail(to=address, template=template, context=context, key=f"{template}:{refund.pk}:{number}")


def _addresses_of(account: Account) -> list[str]:
    if account.user is None:
        return addresses_of_buyers(account)  # who look after an organisation's money
    return [account.user.email] if account.user.is_active else []
