"""People: their accounts, whether their address is verified, their language, and the addresses of staff."""

from collections.abc import Collection
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.people.errors import EmailNotVerified
from accounts.people.models import Account, User


def accounts_of_subjects(subjects: Collection[str]) -> dict[str, UUID]:
    """Return the account of each user name, and of each robot its organisation's; unknown subjects are left out."""
    found = dict(User.objects.filter(username__in=subjects).values_list("username", "account"))
    handles = {subject: subject.partition("+")[0] for subject in subjects if "+" in subject}
    if handles:
        organisations = dict(Account.objects.filter(handle__in=handles.values()).values_list("handle", "pk"))
        found |= {subject: organisations[handle] for subject, handle in handles.items() if handle in organisations}
    return found


def has_verified_email(user: User) -> bool:
    """Whether the user has verified an address."""
    return EmailAddress.objects.filter(user=user, verified=True).exists()


def verified_addresses(user: User) -> set[str]:
    """Return the addresses that the user has verified, in lower case, as they are compared."""
    return {address.lower() for address in EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)}


def user_with_address(address: str) -> User | None:
    """Return whoever has verified an address, in lower case, as it is stored; that is one at most, and None if nobody has."""
    return User.objects.filter(emailaddress__email=address, emailaddress__verified=True).first()


def require_verified_email(user: User) -> None:
    """Make sure that the user has a verified address: before reserving, buying or making tokens.

    Raises:
        EmailNotVerified: there is none.
    """
    if not has_verified_email(user):
        raise EmailNotVerified


def language_of(address: str) -> str:
    """Return the language of mails to the account with this address; empty if there is no account, or it never had one."""
    people = User.objects.alias(address=Lower("email")).filter(address=address.lower())
    chosen, of_mails = people.values_list("language", "mail_language").first() or ("", "")
    return chosen or of_mails


def addresses_of_staff(*, permission: str) -> list[str]:
    """Return the addresses for mail to staff: `LAYERSTORE_STAFF_MAIL`, or else those of everybody active who has the permission.

    Args:
        permission: as Django writes it, `app.codename`.
    """
    if settings.LAYERSTORE_STAFF_MAIL:
        return list(settings.LAYERSTORE_STAFF_MAIL)
    app, _, codename = permission.partition(".")
    permitted = Q()
    for path in ("user_permissions", "groups__permissions"):
        permitted |= Q(**{f"{path}__content_type__app_label": app, f"{path}__codename": codename})
    people = User.objects.filter(Q(is_superuser=True) | permitted, is_active=True, is_staff=True).exclude(email="")
    return list(people.order_by("email").values_list("email", flat=True).distinct())
