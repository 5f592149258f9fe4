"""Where Django looks for the tables of this app."""

from common.db.models import JobLease, Outage, RateLimitCount

__all__ = ["JobLease", "Outage", "RateLimitCount"]
