"""Addresses of the account pages that allauth does not have."""

from django.urls import path
from django.urls.converters import StringConverter, register_converter

from accounts.organisations.views import invitations, organisations
from accounts.people.models import USERNAME_PATTERN
from accounts.privacy import views as privacy
from accounts.sellers import views as sellers
from accounts.sessions import views as sessions
from accounts.sign_in import views as sign_in


class HandleConverter(StringConverter):
    """What can be an organisation's handle at all: anything else is answered without asking the database, which refuses some of it."""

    regex = USERNAME_PATTERN


register_converter(HandleConverter, "handle")

app_name = "accounts"
urlpatterns = [
    path("", sign_in.account_settings, name="settings"),
    path("language", sign_in.language, name="language"),
    path("currency", sign_in.currency, name="currency"),
    path("organisations/", organisations.organisation_list, name="organisations"),
    path("organisations/<handle:handle>/", organisations.organisation, name="organisation"),
    path("organisations/<handle:handle>/name", sellers.organisation_rename, name="organisation_rename"),
    path("organisations/<handle:handle>/close", privacy.organisation_close, name="organisation_close"),
    path("organisations/<handle:handle>/leave", organisations.organisation_leave, name="organisation_leave"),
    path("organisations/<handle:handle>/members/<uuid:membership_id>/role", organisations.member_role, name="member_role"),
    path("organisations/<handle:handle>/members/<uuid:membership_id>/remove", organisations.member_remove, name="member_remove"),
    path(
        "organisations/<handle:handle>/invitations/<uuid:invitation_id>/withdraw",
        organisations.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(
        "organisations/<handle:handle>/invitations/<uuid:invitation_id>/resend", organisations.invitation_resend, name="invitation_resend"
    ),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<uuid:sign_in_id>/end", sessions.session_end, name="session_end"),
    path("data/", privacy.data, name="data"),
    path("data/<uuid:export_id>.zip", privacy.data_archive, name="data_archive"),
    path("delete/", privacy.account_delete, name="account_delete"),
    path("invitations/", invitations.invitation_link, name="invitation_link"),
    path("invitations/<uuid:invitation_id>/", invitations.invitation, name="invitation"),
]
