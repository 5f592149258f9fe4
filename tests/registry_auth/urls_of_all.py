"""Token process and inner listener on one address, for a registry that talks to both."""

from django.urls import include, path

urlpatterns = [path("", include("config.urls_token")), path("", include("config.urls_inner"))]
