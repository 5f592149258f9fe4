"""Addresses of names, products, the library and its credentials in the API."""

from rest_framework.routers import SimpleRouter

from marketplace.api.library import LibraryViewSet
from marketplace.api.names import ImageViewSet, NamespaceViewSet, TagViewSet
from marketplace.api.prices import PriceViewSet
from marketplace.api.products import ProductViewSet
from marketplace.api.pulls import PullCountViewSet, PullerSketchViewSet
from marketplace.api.robots import RobotViewSet
from marketplace.api.tokens import AccessTokenViewSet

router = SimpleRouter()
router.register("access-tokens", AccessTokenViewSet, basename="access-token")
router.register("robots", RobotViewSet, basename="robot")
router.register("namespaces", NamespaceViewSet, basename="namespace")
router.register("images", ImageViewSet, basename="image")
router.register("pull-counts", PullCountViewSet, basename="pull-count")
router.register("puller-counts", PullerSketchViewSet, basename="puller-count")
router.register("tags", TagViewSet, basename="tag")
router.register("products", ProductViewSet, basename="product")
router.register("prices", PriceViewSet, basename="price")
router.register("library", LibraryViewSet, basename="library")
urlpatterns = router.urls
