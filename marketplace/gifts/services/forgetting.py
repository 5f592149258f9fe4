"""What gifts hold of a person who goes."""

from accounts.people.models import User
from accounts.privacy.handlers import forgotten_address
from marketplace.gifts.models import Gift


def forget_gifts(user: User) -> None:
    """Take a person's addresses and messages off gifts. Links that went to them no longer work; what they gave can still be claimed."""
    addresses = [email.lower() for email in user.emailaddress_set.values_list("email", flat=True)]
    sent = Gift.objects.filter(email__in=[*addresses, user.email.lower()])
    sent.unclaimed().update(secret_hash=None)
    sent.update(email=forgotten_address(user), message="")
    Gift.objects.filter(given_by=user).update(message="")
