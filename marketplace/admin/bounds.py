"""Sentences for staff: how long tokens that were already issued still work after an act."""

from accounts.tokens.lifetimes import pull_ends_after_minutes, push_ends_after_minutes

PULL_ENDS = f"A pull token that was already issued works for up to {pull_ends_after_minutes()} minutes."
PUSH_ENDS = f"A push token that was already issued works for up to {push_ends_after_minutes()} minutes."
