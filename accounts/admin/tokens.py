"""Access tokens: never their secrets."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from accounts.tokens.models import AccessToken
from accounts.tokens.services import revoke_access_token
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row


@admin.register(AccessToken)
class AccessTokenAdmin(AuditedAdmin):
    """What docker and the API take as password: people's, and organisations' robots."""

    list_display = (
        "username",
        "name",
        "hint",
        related_row("organisation"),
        "scopes",
        "limited_to",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (
        ("organisation", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
        "created_at",
        "expires_at",
        "last_used_at",
    )
    list_select_related = ("user", "organisation")
    search_fields = ("name", "hint", "limited_to", "user__username", "user__email", "organisation__handle", "organisation__name")
    exclude = ("user", "organisation")
    readonly_fields = (
        "id",
        "hint",
        "limited_to",
        "created_at",
        "last_used_at",
        "superseded_at",
        "reminded_days",
        related_row("user"),
        related_row("organisation"),
    )
    actions = ("revoke",)

    @act(
        "Revoke",
        consequence="Whatever uses the token is refused from its next request on. Registry tokens that were already issued work until they"
        " expire.",
    )
    def revoke(self, request: HttpRequest, token: AccessToken, reason: str) -> None:
        """End tokens."""
        revoke_access_token(token=token, actor=signed_in(request), reason=reason)
