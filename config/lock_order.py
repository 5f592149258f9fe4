"""The order in which one transaction locks rows of several nouns; any two that keep to it never wait for each other in a circle.

docs/architecture.md repeats it, and while tests run, each lock is compared with it (tests/support/lock_order.py).
"""

from typing import Final

LOCK_ORDER: Final = (
    "billing.StripeEvent",
    "billing.Statement",
    "billing.Difference",
    "registry_auth.RegistryEnvelope",
    "registry_auth.StreamPartition",
    "registry_auth.RepositoryTrouble",
    "accounts.DataExport",
    "accounts.Account",  # an organisation
    "accounts.Membership",
    "accounts.SellerProfile",
    "marketplace.Namespace",
    "marketplace.Image",
    "marketplace.StoredBlob",
    "marketplace.Product",
    "marketplace.ProductUpdates",
    "marketplace.ResaleFlag",
    "marketplace.Report",
    "billing.Discount",
    "billing.Order",
    "billing.Subscription",
    "billing.PriceChange",
    "billing.Upgrade",
    "billing.Refund",
    "billing.DisputeEvidence",
    "billing.TransferReversal",
    "billing.Payout",
    "marketplace.Gift",
    "marketplace.Trial",
    "marketplace.Entitlement",
    "accounts.AccessToken",
    "account.EmailAddress",  # allauth's
    "accounts.User",
    "outbox.OutgoingMail",
    "billing.DocumentSeries",  # last: sellers' sales wait for each other here, until the commit
)
