"""What stands in the place of the names of people who have deleted their accounts: stored in English, shown in the reader's language."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

DELETED_ACCOUNT: Final = gettext_noop("Deleted account")
DELETED_SELLER: Final = gettext_noop("Deleted seller")


def shown_name(name: str) -> str:
    """Return a stored name of an account or a seller as it is shown: in the reader's language if it is of a deleted one."""
    return gettext(name) if name in {DELETED_ACCOUNT, DELETED_SELLER} else name
