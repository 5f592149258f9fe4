"""Addresses of the inner listener."""

from django.urls import path

from registry_auth.inbox import views

app_name = "registry_auth"
urlpatterns = [
    path("registry/events", views.registry_events, name="registry_events"),
    path("metrics", views.prometheus, name="metrics"),
]
