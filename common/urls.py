"""Addresses of no app in particular."""

from django.urls import path

from common.web.theme import theme

app_name = "common"
urlpatterns = [path("theme", theme, name="theme")]
