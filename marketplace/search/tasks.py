"""What the worker counts for the search."""

from common.jobs import periodic
from marketplace.search import services


@periodic(every=300, lane="batch", limit=120)
def count_known_words() -> int:
    """Count the words of what is on offer: what a typing error may mean, and what is suggested. Returns how many numbers changed."""
    return services.count_known_words()
