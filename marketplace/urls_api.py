"""Addresses of names, products, the library and its credentials in the API."""

from rest_framework.routers import SimpleRouter

from marketplace.credentials.api.access_tokens import AccessTokenViewSet
from marketplace.credentials.api.robots import RobotViewSet
from marketplace.gifts.api import GiftViewSet
from marketplace.images.api import ImageViewSet, NamespaceViewSet, StorageViewSet, TagViewSet
from marketplace.insights.api import FiguresViewSet, PullCountViewSet, PullerSketchViewSet
from marketplace.library.api import LibraryViewSet
from marketplace.moderation.api import ReportViewSet
from marketplace.products.api.editions import EditionViewSet
from marketplace.products.api.prices import PriceViewSet
from marketplace.reviews.api import ReviewViewSet
from marketplace.search.api import ProductViewSet
from marketplace.trials.api import TrialViewSet

router = SimpleRouter()
router.register("access-tokens", AccessTokenViewSet, basename="access-token")
router.register("robots", RobotViewSet, basename="robot")
router.register("namespaces", NamespaceViewSet, basename="namespace")
router.register("images", ImageViewSet, basename="image")
router.register("pull-counts", PullCountViewSet, basename="pull-count")
router.register("puller-counts", PullerSketchViewSet, basename="puller-count")
router.register("figures", FiguresViewSet, basename="figures")
router.register("storage", StorageViewSet, basename="storage")
router.register("tags", TagViewSet, basename="tag")
router.register("products", ProductViewSet, basename="product")
router.register("editions", EditionViewSet, basename="edition")
router.register("prices", PriceViewSet, basename="price")
router.register("reviews", ReviewViewSet, basename="review")
router.register("reports", ReportViewSet, basename="report")
router.register("gifts", GiftViewSet, basename="gift")
router.register("trials", TrialViewSet, basename="trial")
router.register("library", LibraryViewSet, basename="library")
urlpatterns = router.urls
