"""Addresses of the sale in the API."""

from rest_framework.routers import SimpleRouter

from billing.checkout.api import OrderViewSet
from billing.discounts.api.views import DiscountViewSet
from billing.invoices.api import DocumentViewSet
from billing.refunds.api import RefundViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("documents", DocumentViewSet, basename="document")
router.register("discounts", DiscountViewSet, basename="discount")
router.register("refunds", RefundViewSet, basename="refund")
urlpatterns = router.urls
