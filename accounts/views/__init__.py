"""The account pages that allauth does not have."""

from accounts.views.settings import account_settings

__all__ = ["account_settings"]
