"""Where Django looks for the tables of this app."""

from marketplace.contents.models import KnownBase, ManifestContents
from marketplace.covers.models import Cover
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift, GiftImage
from marketplace.growth.models import Growth
from marketplace.images.models import Image, LayerList, Manifest, Namespace, StoredBlob, Tag, TagMove, UncheckedLayers
from marketplace.insights.models import BuyerPull, DailyFigures, ProductViews, PullCount, PullerSketch
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook
from marketplace.moderation.models import Report
from marketplace.products.models import (
    Category,
    Edition,
    EditionImage,
    Price,
    Product,
    ProductImage,
    ProductPicture,
    SearchEntry,
    UnsavedText,
)
from marketplace.resale.models import ResaleFlag
from marketplace.reviews.models import ProductRating, Review, ReviewVersion
from marketplace.search.models import KnownWord, Synonym
from marketplace.trials.models import KnownCard, Trial, TrialKey
from marketplace.updates.models import ProductUpdates, UpdateSubscription

__all__ = [
    "BuyerPull",
    "Category",
    "CountOutlook",
    "Cover",
    "CredentialImage",
    "DailyFigures",
    "Edition",
    "EditionImage",
    "Entitlement",
    "Gift",
    "GiftImage",
    "Growth",
    "Image",
    "KnownBase",
    "KnownCard",
    "KnownWord",
    "LayerList",
    "Manifest",
    "ManifestContents",
    "Namespace",
    "Price",
    "Product",
    "ProductImage",
    "ProductPicture",
    "ProductRating",
    "ProductUpdates",
    "ProductViews",
    "PullCount",
    "PullerSketch",
    "Report",
    "ResaleFlag",
    "RevenueOutlook",
    "Review",
    "ReviewVersion",
    "SearchEntry",
    "StoredBlob",
    "Synonym",
    "Tag",
    "TagMove",
    "Trial",
    "TrialKey",
    "UncheckedLayers",
    "UnsavedText",
    "UpdateSubscription",
]
