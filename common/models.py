"""Where Django looks for the tables of this app."""

from common.db.models import ExclusiveAct, JobLease, Outage, RateLimitCount

__all__ = ["ExclusiveAct", "JobLease", "Outage", "RateLimitCount"]
