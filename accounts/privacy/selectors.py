"""What accounts hold of a person, and what the whole shop holds."""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.domains.models import ShopDomain
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.selectors import owners_of
from accounts.people.models import Account, User
from accounts.people.selectors import verified_addresses
from accounts.privacy.handlers import handlers, rows
from accounts.sellers.models import FeeTerms, FormerStripeAccount, SellerProfile
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail

_OF_INVITATION = ("account__name", "role", "created_at", "expires_at", "accepted_at", "withdrawn_at")
_OF_STRIPE = ("stripe_account_id", "stripe_country", "charges_enabled", "payouts_enabled", "details_submitted", "stripe_problem")
_OF_SELLER = (
    "display_name",
    *_OF_STRIPE,
    "refused_currencies",
    "namespace_quota",
    "storage_quota",
    "suspended_at",
    "suspension_reason",
    "created_at",
)


def export_personal_data(user: User) -> dict[str, Any]:
    """Return what the shop holds of a person, by subject, in types that JSON can hold; no secrets (GDPR, articles 15 and 20)."""
    exported: dict[str, Any] = {}
    for handler in handlers():
        exported |= handler.export(user)
    return exported


def obstacles_to_ending(account: Account) -> list[str]:
    """Return sentences that say what must be done before the account can be deleted, or the organisation closed."""
    return [sentence for handler in handlers() for sentence in handler.obstacles(account)]


def addresses_of(user: User) -> list[str]:
    """Return the e-mail addresses of a user, verified or not, in lower case."""
    known = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return sorted({address.lower() for address in (*known, user.email)})


def export_account(user: User) -> Mapping[str, Any]:
    """Return what accounts hold of the user."""
    return {
        "account": {
            "id": str(user.pk),
            "username": user.username,
            "name": user.account.name,
            "language": user.language,
            "mail_language": user.mail_language,
            "currency": user.currency,
            "joined_at": user.date_joined,
            "last_login_at": user.last_login,
        },
        "email_addresses": rows(EmailAddress.objects.filter(user=user).values("email", "verified", "primary")),
        "second_factors": rows(Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")),
        "organisations": rows(user.memberships.values("account__handle", "account__name", "role", "created_at")),
        "invitations": rows(_invitations_to(user).values(*_OF_INVITATION)),
        "access_tokens": rows(
            user.access_tokens.values("name", "hint", "scopes", "limited_to", "created_at", "expires_at", "last_used_at", "revoked_at")
        ),
        "selling": rows(SellerProfile.objects.filter(pk=user.account.pk).values(*_OF_SELLER)),
        "fee_terms": rows(
            FeeTerms.objects.filter(seller=user.account.pk).values("currency", "basis_points", "fixed", "starts_at", "reason")
        ),
        "former_stripe_accounts": rows(
            FormerStripeAccount.objects.filter(seller=user.account.pk).values("stripe_account_id", "ended_at", "reason")
        ),
        "domain": rows(ShopDomain.objects.filter(seller=user.account.pk).values("domain", "asked_at", "seen_at", "seen_by", "checked_at")),
        "sign_ins": rows(user.sign_ins.values("browser", "address", "signed_in_at")),
        "mails": rows(OutgoingMail.objects.filter(to__in=verified_addresses(user) - {""}).values("subject", "created_at", "sent_at")),
        "acts": rows(AuditEvent.objects.filter(actor=user).values("at", "action", "target_label", "reason", "address")),
    }


def _invitations_to(user: User) -> QuerySet[Invitation]:
    """Return those that the user accepted, and those to an address that they have verified."""
    return Invitation.objects.filter(Q(accepted_by=user) | Q(email__in=verified_addresses(user) - {""}))


def obstacles_of_account(account: Account) -> Iterable[str]:
    """Yield why a person cannot be deleted yet: the only owner of an organisation, and staff, must hand over first."""
    user = account.user
    if user is None:
        return
    if user.is_staff:
        yield gettext("{username} is staff: remove that right first.").format(username=user.username)
    for owned in Membership.objects.filter(user=user, role=Role.OWNER).select_related("account"):
        if not owners_of(owned.account).exclude(pk=user.pk).exists():
            sentence = gettext("{name} has no other owner: make somebody else an owner first, or close it.")
            yield sentence.format(name=owned.account.name)
