"""The only places where rows of this app are locked. Order: SellerProfile, then AccessToken, then User, one of each at most.

FOR NO KEY UPDATE: a row that refers to a locked one is written without waiting. Under FOR UPDATE its foreign key would wait, which
is a lock that nobody sees and that keeps to no order (PostgreSQL manual, 13.3.2).
"""

from uuid import UUID

from accounts.models import AccessToken, OutgoingMail, SellerProfile, User
from common.locking import require_atomic


def lock_seller(*, account_id: UUID) -> SellerProfile:
    """Lock the seller for this transaction: whoever counts or adds their namespaces, or changes whether they may sell, holds it."""
    require_atomic()
    return SellerProfile.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def lock_token(*, token_id: UUID) -> AccessToken:
    """Lock the access token for this transaction."""
    require_atomic()
    return AccessToken.objects.select_for_update(of=("self",), no_key=True).get(pk=token_id)


def lock_user(*, user_id: UUID) -> User:
    """Lock the user for this transaction."""
    require_atomic()
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)


def lock_mail(*, mail_id: UUID) -> OutgoingMail:
    """Lock the mail for this transaction."""
    require_atomic()
    return OutgoingMail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail_id)
