"""Addresses of the sale in the API."""

from rest_framework.routers import SimpleRouter

from billing.checkout.api import OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
urlpatterns = router.urls
