"""The worker's task for domains of sellers."""

from accounts.domains import services
from common.jobs import periodic


@periodic(every=60, lane="default", limit=55)
def check_domains() -> int:
    """Look for the proofs of domains that are due: new ones soon, verified ones every month. Returns how many were seen."""
    return services.check_due_domains()
