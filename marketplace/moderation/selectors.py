"""Reports as those see them who made them, and those whom they are about."""

from django.db.models import Q, QuerySet

from accounts.organisations.buying import addresses_of_buyers, buyers_of
from accounts.people.models import Account, User
from accounts.privacy.selectors import addresses_of as addresses_of_user
from marketplace.moderation.models import UNDECIDED, Report


def reports_by(user: User) -> QuerySet[Report]:
    """Return what the user has reported, the newest first."""
    return Report.objects.filter(reporter=user).order_by("-created_at", "pk")


def reports_of_person(user: User) -> QuerySet[Report]:
    """Return what a person has reported, signed in or by one of their addresses."""
    return Report.objects.filter(Q(reporter=user) | Q(reporter_email__in=addresses_of_user(user)))


def decisions_about(user: User) -> QuerySet[Report]:
    """Return the decisions about the user and about organisations that they buy for, the newest first.

    Reports that staff have not decided yet, and those that they dismissed without a word to the one concerned, are not among them.
    """
    decided = Report.objects.filter(concerned__in=buyers_of(user)).exclude(state__in=UNDECIDED).exclude(decision="")
    return decided.select_related("concerned").order_by("-decided_at", "pk")


def addresses_of(account: Account) -> list[str]:
    """Return where to write to an account: to a person, or to those who buy for an organisation; nowhere where nobody can be reached."""
    if account.user is None:
        return addresses_of_buyers(account)
    return [account.user.email] if account.user.is_active else []
