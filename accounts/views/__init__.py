"""The account pages that allauth does not have."""

from accounts.views.settings import account_settings
from accounts.views.tokens import log_out_everywhere, revoke_token, tokens

__all__ = ["account_settings", "log_out_everywhere", "revoke_token", "tokens"]
