"""What the shop knows of a disputed sale, put together for the buyer's bank (ADR 0064). In English: banks read nothing else of ours."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

from django.conf import settings
from django.utils import translation

from audit.models import AuditEvent
from billing.disputes.models import Dispute
from billing.disputes.pulls import pull_lines
from billing.disputes.subscribed import mail_keys, sold_for_a_period, subscription_lines
from billing.orders.models import Order
from billing.stripe.disputes import LONGEST_FIELD, Evidence
from common.web.links import image_reference
from marketplace.gifts.selectors import gift_of_order
from outbox.mail.models import OutgoingMail

HIDDEN: Final = "(not shown here)"
_CUT: Final = "\n[cut here: the rest does not fit]"
_READERS: Final = 5  # mails of one act to one order's buyers are numbered; more readers than this are not listed


@dataclass(frozen=True, slots=True)
class Section:
    """One field of the evidence as people read it."""

    title: str
    text: str


_TITLES: Final = {
    "customer_name": "Buyer",
    "customer_email_address": "E-mail address",
    "customer_purchase_ip": "Bought from the network address",
    "service_date": "Delivered on",
    "product_description": "What was sold",
    "access_activity_log": "Pulls by the buyer",
    "uncategorized_text": "Receipt, mails and licence",
}


def collect_evidence(dispute: Dispute, *, for_seller: bool = False) -> Evidence:
    """Return everything that we know for the seller's side: what was sold and how, what was pulled, what was mailed.

    Args:
        for_seller: without the buyer's e-mail address and network addresses, which are no business of the seller's.
    """
    order = Order.objects.select_related("buyer", "seller", "product", "sold_page", "price", "subscription").get(pk=dispute.order_id)
    with translation.override(settings.LANGUAGE_CODE):
        return Evidence(
            access_activity_log=cut("\n".join(pull_lines(order, hidden=HIDDEN if for_seller else ""))),
            customer_email_address=HIDDEN if for_seller else order.email,
            customer_name=order.buyer.name,
            customer_purchase_ip=HIDDEN if for_seller else _bought_from(order),
            product_description=cut("\n".join(_product(order))),
            service_date=f"{order.paid_at:%Y-%m-%d}" if order.paid_at else "",
            uncategorized_text=cut(
                "\n".join([*_receipt(order), *_subscription(order), *_mails(order), *_statement(dispute), *_licence(order)])
            ),
        )


def sections(evidence: Evidence) -> list[Section]:
    """Return the evidence as people read it; empty fields are left out."""
    fields = asdict(evidence)
    return [Section(title, fields[name]) for name, title in _TITLES.items() if fields[name]]


def cut(text: str) -> str:
    """Return what fits into one field."""
    return text if len(text) <= LONGEST_FIELD else text[: LONGEST_FIELD - len(_CUT)] + _CUT


def _bought_from(order: Order) -> str:
    placed = AuditEvent.objects.filter(target_type=order._meta.label_lower, target_id=str(order.pk), action="order.placed")
    return placed.values_list("address", flat=True).first() or ""


def _product(order: Order) -> Iterator[str]:
    if order.subscription is not None:
        yield sold_for_a_period(order)
    else:
        yield f"{order.product_title}, sold by {order.seller.display_name}: lasting access to container images, delivered over the network."
    if gift_of_order(order.pk):
        yield "The buyer paid for a gift to somebody else, who claims it by a link and pulls (downloads) them with an account of their own."
    else:
        yield "The buyer pulls (downloads) them with their own account from the moment of the payment."
    yield ""
    yield "Images as they were sold:"
    for sold in order.images.all():
        yield f"{image_reference(sold.repository)}: {sold.tag_count} version{'' if sold.tag_count == 1 else 's'}"
        yield from (f"  {tag} {digest}" for tag, digest in sold.digests.items())
    page = order.sold_page
    if page is not None:
        yield from ("", "What the page said when it was sold:", page.summary, page.description)


def _receipt(order: Order) -> Iterator[str]:
    yield "Receipt"
    yield f"Order {order.number} ({order.pk}), paid {order.paid_at:%Y-%m-%d %H:%M:%S} UTC" if order.paid_at else f"Order {order.number}"
    yield f"{order.product_title}: {order.money} {order.currency.upper()}, paid with {order.paid_with or 'what Stripe has on record'}"
    yield f"Payment {order.payment_intent_id}"
    yield f"Placed by the account {order.buyer.name} (member since {order.placed_by.date_joined:%Y-%m-%d})"
    refunds = order.refunds.all()
    if not refunds:
        yield "Nothing was refunded."
    for refund in refunds:
        yield f"Refund of {refund.money}, {refund.created_at:%Y-%m-%d}: {refund.state}"


def _subscription(order: Order) -> Iterator[str]:
    if order.subscription is not None:
        yield from subscription_lines(order.subscription)


def _mails(order: Order) -> Iterator[str]:
    acts = [f"receipt:{order.pk}", *(f"refund:{refund.pk}" for refund in order.refunds.all())]
    if order.subscription is not None:
        acts.extend(mail_keys(order.subscription))
    sent = OutgoingMail.objects.filter(key__in=list(_numbered(acts)), to=order.email, sent_at__isnull=False).order_by("sent_at")
    lines = [f"{mail.sent_at:%Y-%m-%d %H:%M:%S} UTC: {mail.subject}" for mail in sent]
    yield from ("", "Mails sent to the buyer about this order", *(lines or ["None that are still on record."]))


def _numbered(keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        yield from (key, *(f"{key}:{number}" for number in range(1, _READERS)))


def _statement(dispute: Dispute) -> Iterator[str]:
    if dispute.seller_statement:
        yield from ("", "What the seller says", dispute.seller_statement)


def _licence(order: Order) -> Iterator[str]:
    page = order.sold_page
    if page is not None and (page.licence_name or page.licence_text):
        yield from ("", f"Licence as it was sold: {page.licence_name}", page.licence_text)
