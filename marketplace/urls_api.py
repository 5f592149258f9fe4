"""Addresses of names, products and the library in the API."""

from rest_framework.routers import SimpleRouter

from marketplace.api.library import LibraryViewSet
from marketplace.api.names import ImageViewSet, NamespaceViewSet, TagViewSet
from marketplace.api.prices import PriceViewSet
from marketplace.api.products import ProductViewSet
from marketplace.api.pulls import PullCountViewSet

router = SimpleRouter()
router.register("namespaces", NamespaceViewSet, basename="namespace")
router.register("images", ImageViewSet, basename="image")
router.register("pull-counts", PullCountViewSet, basename="pull-count")
router.register("tags", TagViewSet, basename="tag")
router.register("products", ProductViewSet, basename="product")
router.register("prices", PriceViewSet, basename="price")
router.register("library", LibraryViewSet, basename="library")
urlpatterns = router.urls
