"""What gifts hold of a person who goes."""

from accounts.people.models import User
from accounts.people.selectors import verified_addresses
from accounts.privacy.handlers import forgotten_address
from marketplace.gifts.models import Gift


def forget_gifts(user: User) -> None:
    """Take a person's verified addresses and their messages off gifts. Links to these no longer work; what they gave can still be claimed.

    An address that they never verified may be somebody else's, whose gifts stay.
    """
    sent = Gift.objects.filter(email__in=verified_addresses(user) - {""})
    sent.unclaimed().update(secret_hash=None)
    sent.update(email=forgotten_address(user), message="")
    Gift.objects.filter(given_by=user).update(message="")
