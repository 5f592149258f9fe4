"""Addresses of no app in particular."""

from django.urls import path

from common import http

app_name = "common"
urlpatterns = [path("theme", http.theme, name="theme")]
