"""People who buy, each on a journey of their own from a price to a pull. Runs inside the stack, as the other rows do."""

from accounts.tokens.models import TokenScope
from tests.factories.accounts import AccessTokenFactory, UserFactory

BUYERS = ("payer", "bundler", "subscriber", "disputer", "refunded", "patron", "receiver", "pupil", "upgrader", "trier")


def journeys() -> dict[str, str]:
    """Make the buyers, who have an access token to pull with and nothing else."""
    tokens = {name: AccessTokenFactory(user=UserFactory(username=name), scopes=[TokenScope.PULL]) for name in BUYERS}
    return {f"{name}_token": token.secret for name, token in tokens.items()}
