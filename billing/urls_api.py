"""Addresses of the sale in the API."""

from rest_framework.routers import SimpleRouter

from billing.checkout.api import OrderViewSet
from billing.invoices.api import DocumentViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("documents", DocumentViewSet, basename="document")
urlpatterns = router.urls
