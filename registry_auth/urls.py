"""Addresses of the token process, below /auth/. Both spellings of the endpoint: Go turns a redirected POST into a GET without its form."""

from django.urls import path

from registry_auth import views

app_name = "registry_auth"
urlpatterns = [
    path("token", views.token, name="token"),
    path("token/", views.token),
    path("jwks.json", views.jwks, name="jwks"),
    path("bundle.pem", views.bundle, name="bundle"),
]
