"""What is known about a user."""

from allauth.account.models import EmailAddress

from accounts.errors import EmailNotVerified
from accounts.models import User


def has_verified_email(user: User) -> bool:
    """Whether the user has shown that an address is theirs."""
    return EmailAddress.objects.filter(user=user, verified=True).exists()


def require_verified_email(user: User) -> None:
    """Make sure that the user has a verified address: before reserving, buying or making tokens.

    Raises:
        EmailNotVerified: there is none.
    """
    if not has_verified_email(user):
        raise EmailNotVerified
