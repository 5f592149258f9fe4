"""The right to buy for an organisation, held still while something is bought."""

from accounts.locks import lock_membership
from accounts.models import Account, User
from accounts.selectors.buying import require_buying


def keep_buyer(*, user: User, account: Account) -> None:
    """Make sure that the user buys for the account, and keep it so until this transaction ends: nobody is removed meanwhile.

    First in the lock order.

    Raises:
        NoSuchOrganisation: they are not, or no longer, in the organisation.
        RoleDoesNotBuy: their role does not buy.
    """
    if account.pk != user.account.pk:
        require_buying(lock_membership(user_id=user.pk, account_id=account.pk))
