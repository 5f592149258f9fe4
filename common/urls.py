"""Addresses of no app in particular."""

from django.urls import path

from common.web import theme

app_name = "common"
urlpatterns = [path("theme", theme.theme, name="theme")]
