"""Addresses of the web process's pages about pulling."""

from django.urls import path

from registry_auth.why import views

app_name = "registry_auth"
urlpatterns = [
    path("why/", views.why, name="why"),
    path("selling/stuck/", views.stuck, name="stuck"),
]
