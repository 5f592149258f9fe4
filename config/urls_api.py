"""The API: /api/v1/, its schema and its documentation."""

from django.urls import include, path, re_path

from common.api import views
from common.api.problems import NoSuchAddress

urlpatterns = [
    path("v1/", include("accounts.urls_api")),
    path("v1/", include("marketplace.urls_api")),
    path("v1/", include("billing.urls_api")),
    path("v1/", include("registry_auth.urls_api")),
    path("schema/", views.schema, name="schema"),
    path("docs/", views.docs, name="api_docs"),
    re_path("", NoSuchAddress.as_view()),
]
