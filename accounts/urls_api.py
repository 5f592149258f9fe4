"""Addresses of organisations in the API."""

from rest_framework.routers import SimpleRouter

from accounts.organisations.api import OrganisationViewSet

router = SimpleRouter()
router.register("organisations", OrganisationViewSet, basename="organisation")
urlpatterns = router.urls
