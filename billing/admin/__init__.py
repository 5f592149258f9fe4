"""Staff's view of the sale."""

from billing.admin import overview
from billing.admin.discounts import DiscountAdmin
from billing.admin.disputes import DisputeAdmin, DisputeEvidenceAdmin, TransferReversalAdmin
from billing.admin.documents import DocumentAdmin
from billing.admin.events import StripeEventAdmin
from billing.admin.ledger import LedgerTransactionAdmin, PayoutAdmin
from billing.admin.orders import OrderAdmin
from billing.admin.price_changes import PriceAnnouncementAdmin, PriceChangeAdmin
from billing.admin.reconciliation import DifferenceAdmin, StatementAdmin, StatementLineAdmin
from billing.admin.refunds import RefundAdmin
from billing.admin.subscriptions import SubscriptionAdmin
from billing.admin.upgrades import UpgradeAdmin

__all__ = [
    "DifferenceAdmin",
    "DiscountAdmin",
    "DisputeAdmin",
    "DisputeEvidenceAdmin",
    "DocumentAdmin",
    "LedgerTransactionAdmin",
    "OrderAdmin",
    "PayoutAdmin",
    "PriceAnnouncementAdmin",
    "PriceChangeAdmin",
    "RefundAdmin",
    "StatementAdmin",
    "StatementLineAdmin",
    "StripeEventAdmin",
    "SubscriptionAdmin",
    "TransferReversalAdmin",
    "UpgradeAdmin",
    "overview",
]
