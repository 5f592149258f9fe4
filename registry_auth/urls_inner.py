"""Addresses of the inner listener, beside the one that `registry_auth.inbox.endpoint` answers."""

from django.urls import path

from registry_auth.inbox import views

app_name = "registry_auth"
urlpatterns = [path("metrics", views.prometheus, name="metrics")]
