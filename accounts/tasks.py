"""Where Celery looks for the tasks of this app."""

from accounts.privacy.tasks import forget_old_data, forget_unverified
from accounts.robots.tasks import remind_of_ending_tokens
from accounts.tokens.tasks import write_noted_token_uses

__all__ = ["forget_old_data", "forget_unverified", "remind_of_ending_tokens", "write_noted_token_uses"]
