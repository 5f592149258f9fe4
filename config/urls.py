"""Addresses of the web process. The two-part names of products and images come last: each first segment above them is a reserved word."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("api/", include("config.urls_api")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("", include("billing.urls")),
    path("", include("common.urls")),
    path("", include("config.gallery.urls")),
    path("", include("registry_auth.urls")),
    path("", include("marketplace.urls")),
]
handler400 = "common.web.pages.bad_request"
handler403 = "common.web.pages.permission_denied"
handler404 = "common.web.pages.not_found"
handler429 = "common.web.pages.too_many_requests"  # allauth's limits ask for it
handler500 = "common.web.pages.server_error"
