"""Where Django looks for the tables of this app."""

from billing.credits.models import Credit
from billing.discounts.models import Discount, DiscountUse
from billing.disputes.models import Dispute, DisputeEvidence, TransferReversal
from billing.gifts.models import OrderGift
from billing.inbox.models import StripeEvent
from billing.invoices.models import BillingDetails, Document, DocumentSeries
from billing.ledger.models import LedgerEntry, LedgerTransaction
from billing.orders.models import Order, OrderImage, SoldPage
from billing.payouts.models import Payout
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from billing.subscriptions.upgrade_models import Upgrade

__all__ = [
    "BillingDetails",
    "Credit",
    "Difference",
    "Discount",
    "DiscountUse",
    "Dispute",
    "DisputeEvidence",
    "Document",
    "DocumentSeries",
    "LedgerEntry",
    "LedgerTransaction",
    "Order",
    "OrderGift",
    "OrderImage",
    "Payout",
    "PriceAnnouncement",
    "PriceChange",
    "Refund",
    "SoldPage",
    "Statement",
    "StatementLine",
    "StripeEvent",
    "Subscription",
    "TransferReversal",
    "Upgrade",
]
