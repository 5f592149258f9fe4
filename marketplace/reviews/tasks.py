"""What the worker counts of reviews."""

from common.jobs import periodic
from marketplace.reviews import pulls


@periodic(every=86400, lane="batch", limit=600)
def count_pulls_of_reviewers() -> int:
    """Count anew how often those who review have pulled. Returns how many numbers changed."""
    return pulls.count_pulls_of_reviewers()
