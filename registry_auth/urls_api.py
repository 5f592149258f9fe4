"""Addresses of the diagnosis in the API."""

from rest_framework.routers import SimpleRouter

from registry_auth.why.api import PullDiagnosisViewSet

router = SimpleRouter()
router.register("pull-diagnoses", PullDiagnosisViewSet, basename="pull-diagnosis")
urlpatterns = router.urls
