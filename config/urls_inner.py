"""Addresses of the inner listener: the edge answers 404 for all of them."""

from django.urls import include, path

urlpatterns = [path("", include("registry_auth.urls_inner"))]
