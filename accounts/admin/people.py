"""Users and the accounts that own and buy."""

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.organisations import NewOwnerForm
from accounts.organisations.models import Invitation, Membership
from accounts.organisations.services.organisations import appoint_owner
from accounts.people.models import Account, User
from accounts.people.requests import signed_in
from accounts.people.services import disable_user, enable_user, remove_second_factors
from accounts.privacy.services.closing import close_organisation
from accounts.privacy.services.deletion import delete_account
from accounts.tokens.models import AccessToken
from accounts.tokens.services import log_out_everywhere
from audit.admin import AuditedAdmin
from audit.models import AuditEvent
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from outbox.mail.models import OutgoingMail


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """People who sign in. A deleted account keeps its row, without the person."""

    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "date_joined")
    search_fields = ("username", "email", "emailaddress__email")
    date_hierarchy = "date_joined"
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = (
        "id",
        "date_joined",
        "deleted_at",
        "addresses",
        "second_factor",
        related_row("account"),
        related_rows(AccessToken, "user"),
        related_rows(Membership, "user"),
        related_rows(AuditEvent, "actor", "done by them"),
        related_rows(OutgoingMail, "to", "mail to them", of="email"),
    )
    actions = ("disable", "enable", "log_out", "remove_second_factor", "delete_account")

    @admin.display(description="e-mail addresses")
    def addresses(self, user: User) -> str:
        """List the addresses and which of them are verified."""
        known = EmailAddress.objects.filter(user=user).order_by("email")
        return ", ".join(f"{one.email} ({'verified' if one.verified else 'not verified'})" for one in known) or "–"

    @admin.display(description="second factor", boolean=True)
    def second_factor(self, user: User) -> bool:
        """Whether a second factor is set up."""
        return is_mfa_enabled(user)

    @act("Disable", consequence="They can no longer sign in; sessions and tokens of every kind end with their next request.")
    def disable(self, request: HttpRequest, user: User, reason: str) -> None:
        """Disable users."""
        disable_user(user=user, reason=reason, actor=signed_in(request))

    @act("Enable again", consequence="They have to sign in again; access tokens that were not revoked work again.")
    def enable(self, request: HttpRequest, user: User, reason: str) -> None:
        """Enable disabled users."""
        enable_user(user=user, reason=reason, actor=signed_in(request))

    @act("Log out everywhere", consequence="Every browser session and every docker sign-in by identity token ends. Access tokens stay.")
    def log_out(self, request: HttpRequest, user: User, reason: str) -> None:
        """End sessions and identity tokens."""
        log_out_everywhere(user=user, actor=signed_in(request), reason=reason)

    @act("Remove second factor", consequence="A password alone opens the account again. Make sure that the request really comes from them.")
    def remove_second_factor(self, request: HttpRequest, user: User, reason: str) -> None:
        """Remove authenticator apps, passkeys and recovery codes."""
        remove_second_factors(user=user, reason=reason, actor=signed_in(request))

    @act(
        "Delete the account",
        consequence="The person is forgotten for good: sign-in, addresses, access tokens, library and mails are deleted. Orders and the "
        "audit trail stay without a name. Make sure that the request really comes from them, and send them their data first "
        "(manage.py export_account).",
    )
    def delete_account(self, request: HttpRequest, user: User, reason: str) -> None:
        """Forget users."""
        delete_account(user=user, reason=reason, actor=signed_in(request))


@admin.register(Account)
class AccountAdmin(AuditedAdmin):
    """Who owns, buys and holds."""

    list_display = ("name", "handle", "kind", related_row("user"), "created_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "handle", "user__username", "user__email")
    exclude = ("user",)
    readonly_fields = (
        "id",
        "created_at",
        "closed_at",
        related_row("user"),
        related_row("seller", "seller profile"),
        related_rows(Membership, "account", "members"),
        related_rows(Invitation, "account"),
        related_rows(AccessToken, "organisation", "robots"),
    )
    actions = ("make_owner", "close")

    def fits(self, act: str, row: Account) -> bool:  # noqa: ARG002  both are for organisations
        return row.kind == Account.Kind.ORGANISATION

    @act(
        "Make somebody an owner",
        consequence="They decide who belongs to the organisation, buy and pull for it. For when all its owners are gone.",
        form=NewOwnerForm,
    )
    def make_owner(self, request: HttpRequest, account: Account, reason: str, username: User) -> None:
        """Give an organisation an owner."""
        appoint_owner(organisation=account, user=username, reason=reason, actor=signed_in(request))

    @act(
        "Close the organisation",
        consequence="For good: its members, robots and library end, and it sells nothing any more. What it sold stays sold; orders and the"
        " audit trail stay.",
    )
    def close(self, request: HttpRequest, account: Account, reason: str) -> None:
        """Close organisations."""
        close_organisation(organisation=account, reason=reason, actor=signed_in(request))
