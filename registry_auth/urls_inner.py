"""Addresses of the inner listener."""

from django.urls import URLPattern

app_name = "registry_auth"
urlpatterns: list[URLPattern] = []
