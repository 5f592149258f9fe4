"""The admin of names, of what was pushed, of products, and of who may pull."""

from marketplace.admin import overview
from marketplace.admin.entitlements import EntitlementAdmin
from marketplace.admin.gifts import GiftAdmin
from marketplace.admin.growth import GrowthAdmin
from marketplace.admin.images import ImageAdmin, NamespaceAdmin
from marketplace.admin.outlooks import CountOutlookAdmin, RevenueOutlookAdmin
from marketplace.admin.products import CategoryAdmin, PriceAdmin, ProductAdmin
from marketplace.admin.pulls import (
    BuyerPullAdmin,
    DailyFiguresAdmin,
    ProductViewsAdmin,
    PullCountAdmin,
    PullerSketchAdmin,
)
from marketplace.admin.pushed import ManifestAdmin, TagAdmin
from marketplace.admin.reports import ReportAdmin
from marketplace.admin.resale import ResaleFlagAdmin
from marketplace.admin.reviews import ReviewAdmin
from marketplace.admin.search import KnownWordAdmin, SynonymAdmin
from marketplace.admin.trials import TrialAdmin

__all__ = [
    "BuyerPullAdmin",
    "CategoryAdmin",
    "CountOutlookAdmin",
    "DailyFiguresAdmin",
    "EntitlementAdmin",
    "GiftAdmin",
    "GrowthAdmin",
    "ImageAdmin",
    "KnownWordAdmin",
    "ManifestAdmin",
    "NamespaceAdmin",
    "PriceAdmin",
    "ProductAdmin",
    "ProductViewsAdmin",
    "PullCountAdmin",
    "PullerSketchAdmin",
    "ReportAdmin",
    "ResaleFlagAdmin",
    "RevenueOutlookAdmin",
    "ReviewAdmin",
    "SynonymAdmin",
    "TagAdmin",
    "TrialAdmin",
    "overview",
]
