"""Addresses of no app in particular."""

from django.urls import path

from common.web import preferences

app_name = "common"
urlpatterns = [
    path("theme", preferences.theme, name="theme"),
    path("language", preferences.language, name="language"),
    path("currency", preferences.currency, name="currency"),
]
