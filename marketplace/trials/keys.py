"""Keyed hashes of what a trial is there once for: they tell nothing of an address or a card to whoever has no token key of the shop's."""

from accounts.tokens import secrets
from common.text import normal_email

# What comes before the value keeps these apart from hashes of secrets, and from each other.
_ADDRESS, _CARD = "trial address ", "payment card "


def address_hashes(email: str) -> list[str]:
    """Return what may be stored of an address, one for each token key; the first is what is stored now."""
    return secrets.secret_hashes(_ADDRESS + normal_email(email))


def card_hashes(fingerprint: str) -> list[str]:
    """Return what is stored of a card that Stripe gives this fingerprint: one for each token key, so that a new key forgets none."""
    return secrets.secret_hashes(_CARD + fingerprint)
