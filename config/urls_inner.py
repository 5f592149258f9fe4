"""Addresses of the inner listener: the edge answers 404 for all of them."""

from django.urls import include, path

handler404 = "registry_auth.inbox.views.not_found"  # the shop's page has links to what is not served here
urlpatterns = [path("", include("registry_auth.urls_inner"))]
