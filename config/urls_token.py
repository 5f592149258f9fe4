"""Addresses of the token process."""

from django.urls import include, path

urlpatterns = [path("auth/", include("registry_auth.urls"))]
