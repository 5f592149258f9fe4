"""Whose account a registry token's subject is: the registry calls its bearers by it in what it tells us."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import Account, User


def accounts_of_subjects(subjects: Collection[str]) -> dict[str, UUID]:
    """Return the accounts of user names, and of robots their organisations'; subjects that nobody is called by are left out."""
    found = dict(User.objects.filter(username__in=subjects).values_list("username", "account"))
    handles = {subject: subject.partition("+")[0] for subject in subjects if "+" in subject}
    if handles:
        organisations = dict(Account.objects.filter(handle__in=handles.values()).values_list("handle", "pk"))
        found |= {subject: organisations[handle] for subject, handle in handles.items() if handle in organisations}
    return found
