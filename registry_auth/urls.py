"""Addresses of this app."""

from django.urls import URLPattern

app_name = "registry_auth"
urlpatterns: list[URLPattern] = []
