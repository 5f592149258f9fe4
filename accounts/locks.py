"""The only places where rows of this app are locked.

Order: organisation, Membership, SellerProfile, AccessToken, User, one of each at most.

FOR NO KEY UPDATE: a row that refers to a locked one is written without waiting. Under FOR UPDATE its foreign key would wait, which
is a lock that nobody sees and that keeps to no order (PostgreSQL manual, 13.3.2).
"""

from collections.abc import Collection
from uuid import UUID

from allauth.account.models import EmailAddress

from accounts.models import AccessToken, Account, Membership, OutgoingMail, SellerProfile, User
from common.db.locking import require_atomic


def lock_membership(*, user_id: UUID, account_id: UUID) -> Membership | None:
    """Lock somebody's membership in an organisation for this transaction, if there is one: who acts by its role or changes it holds it."""
    require_atomic()
    held = Membership.objects.select_for_update(of=("self",), no_key=True).filter(user=user_id, account=account_id)
    return held.select_related("account").first()


def lock_seller(*, account_id: UUID) -> SellerProfile:
    """Lock the seller for this transaction: whoever counts or adds their namespaces, or changes whether they may sell, holds it."""
    require_atomic()
    return SellerProfile.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def lock_token(*, token_id: UUID) -> AccessToken:
    """Lock the access token for this transaction."""
    require_atomic()
    return AccessToken.objects.select_for_update(of=("self",), no_key=True).get(pk=token_id)


def lock_tokens(*, token_ids: Collection[str]) -> None:
    """Lock these access tokens for this transaction, in the order of their ids."""
    require_atomic()
    list(AccessToken.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=token_ids).order_by("pk").values_list("pk"))


def lock_organisation(*, account_id: UUID) -> Account:
    """Lock the organisation for this transaction: whoever changes its members, or counts or makes its robots, holds it."""
    require_atomic()
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id, kind=Account.Kind.ORGANISATION)


def lock_user(*, user_id: UUID) -> User:
    """Lock the user for this transaction."""
    require_atomic()
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)


def lock_addresses(*, user_id: UUID) -> None:
    """Lock the user's e-mail addresses for this transaction, before the user: nobody confirms one meanwhile."""
    require_atomic()
    list(EmailAddress.objects.select_for_update(of=("self",), no_key=True).filter(user=user_id).order_by("pk").values_list("pk"))


def lock_mail(*, mail_id: UUID) -> OutgoingMail:
    """Lock the mail for this transaction."""
    require_atomic()
    return OutgoingMail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail_id)
