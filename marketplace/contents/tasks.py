"""What the worker looks for in what was pushed."""

from common.jobs import periodic
from marketplace.contents import services


@periodic(every=600, lane="batch", limit=300)
def note_known_bases() -> int:
    """Note the free images that others may be built on. Returns how many are known."""
    return services.note_known_bases()
