"""Staff's view of names, what was pushed, what is sold, and who may pull it."""

from marketplace.admin.entitlements import EntitlementAdmin
from marketplace.admin.images import ImageAdmin, NamespaceAdmin
from marketplace.admin.products import CategoryAdmin, PriceAdmin, ProductAdmin
from marketplace.admin.pulls import PullCountAdmin, PullerSketchAdmin
from marketplace.admin.pushed import ManifestAdmin, TagAdmin

__all__ = [
    "CategoryAdmin",
    "EntitlementAdmin",
    "ImageAdmin",
    "ManifestAdmin",
    "NamespaceAdmin",
    "PriceAdmin",
    "ProductAdmin",
    "PullCountAdmin",
    "PullerSketchAdmin",
    "TagAdmin",
]
