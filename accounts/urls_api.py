"""Addresses of accounts in the API."""

from rest_framework.routers import SimpleRouter

from accounts.api import AccessTokenViewSet

router = SimpleRouter()
router.register("access-tokens", AccessTokenViewSet, basename="access-token")
urlpatterns = router.urls
