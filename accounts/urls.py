"""Addresses of the account pages that allauth does not have."""

from django.urls import path
from django.urls.converters import StringConverter, register_converter

from accounts import views
from accounts.models.users import USERNAME_PATTERN


class HandleConverter(StringConverter):
    """What can be an organisation's handle at all: anything else is answered without asking the database, which refuses some of it."""

    regex = USERNAME_PATTERN


register_converter(HandleConverter, "handle")

app_name = "accounts"
urlpatterns = [
    path("", views.account_settings, name="settings"),
    path("organisations/", views.organisation_list, name="organisations"),
    path("organisations/<handle:handle>/", views.organisation, name="organisation"),
    path("organisations/<handle:handle>/leave", views.organisation_leave, name="organisation_leave"),
    path("organisations/<handle:handle>/members/<uuid:membership_id>/role", views.member_role, name="member_role"),
    path("organisations/<handle:handle>/members/<uuid:membership_id>/remove", views.member_remove, name="member_remove"),
    path("organisations/<handle:handle>/invitations/<uuid:invitation_id>/withdraw", views.invitation_withdraw, name="invitation_withdraw"),
    path("organisations/<handle:handle>/invitations/<uuid:invitation_id>/resend", views.invitation_resend, name="invitation_resend"),
    path("invitations/", views.invitation_link, name="invitation_link"),
    path("invitations/<uuid:invitation_id>/", views.invitation, name="invitation"),
]
