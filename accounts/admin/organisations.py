"""Memberships and invitations."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.organisations.models import Invitation, Membership
from accounts.organisations.services.invitations import withdraw_invitation
from accounts.organisations.services.organisations import remove_member
from accounts.people.models import User
from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import ReasonForm, act
from common.admin.related_rows import related_row


class NewOwnerForm(ReasonForm):
    """The new owner, and the reason."""

    username = forms.CharField(label="User name", max_length=39, help_text="Who becomes an owner. They and the owners are told by mail.")

    def clean_username(self) -> User:
        """Return the user of that name.

        Raises:
            ValidationError: there is none, or they are disabled.
        """
        user = User.objects.filter(username=self.cleaned_data["username"].lower(), is_active=True).first()
        if user is None:
            msg = "Nobody who can sign in has this user name."
            raise forms.ValidationError(msg)
        return user


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    """Memberships of people in organisations."""

    list_display = ("__str__", related_row("user"), related_row("account", "organisation"), "role", "created_at")
    list_filter = ("role", "created_at")
    list_select_related = ("user", "account")
    search_fields = ("user__username", "user__email", "account__name", "account__handle")
    exclude = ("user", "account")
    readonly_fields = ("id", "created_at", related_row("user"), related_row("account", "organisation"))
    actions = ("remove",)

    @act(
        "Remove",
        consequence="They can no longer pull what it holds once an issued pull token expires; their purchases for it and its robots stay.",
    )
    def remove(self, request: HttpRequest, membership: Membership, reason: str) -> None:
        """Remove people from organisations."""
        remove_member(membership=membership, actor=signed_in(request), reason=reason)


@admin.register(Invitation)
class InvitationAdmin(AuditedAdmin):
    """Invitations and their answers. The link's secret is never shown."""

    list_display = (
        "email",
        related_row("account", "organisation"),
        "role",
        related_row("invited_by"),
        "created_at",
        "expires_at",
        "accepted_at",
    )
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter), ("withdrawn_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("account", "invited_by")
    search_fields = ("email", "account__name", "account__handle", "invited_by__username")
    date_hierarchy = "created_at"
    exclude = ("account", "invited_by", "accepted_by")
    readonly_fields = ("id", "created_at", related_row("account", "organisation"), related_row("invited_by"), related_row("accepted_by"))
    actions = ("withdraw",)

    @act("Withdraw", consequence="The link of the mail no longer works. Whoever has already joined stays a member.")
    def withdraw(self, request: HttpRequest, invitation: Invitation, reason: str) -> None:
        """Withdraw invitations."""
        withdraw_invitation(invitation=invitation, actor=signed_in(request), reason=reason)
