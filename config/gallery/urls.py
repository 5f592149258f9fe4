"""Addresses of the gallery of mails."""

from django.urls import path

from config.gallery import views

app_name = "gallery"
urlpatterns = [
    path("dev/mails/", views.gallery, name="mails"),
    path("dev/mails/frame", views.frame, name="frame"),
]
