"""Where Django looks for the tables of this app."""

from common.db.models import JobLease, NeighbourAway, PaceCount

__all__ = ["JobLease", "NeighbourAway", "PaceCount"]
