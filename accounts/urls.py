"""Addresses of the account pages that allauth does not have."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.account_settings, name="settings"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/log-out-everywhere", views.log_out_everywhere, name="log_out_everywhere"),
    path("tokens/<uuid:token_id>/revoke", views.revoke_token, name="token_revoke"),
]
