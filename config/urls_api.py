"""The API: /api/v1/, its schema and its documentation."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from common.api import NoSuchAddress

urlpatterns = [
    path("v1/", include("accounts.urls_api")),
    path("v1/", include("marketplace.urls_api")),
    path("v1/", include("billing.urls_api")),
    path("v1/", include("registry_auth.urls_api")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    re_path("", NoSuchAddress.as_view()),
]
