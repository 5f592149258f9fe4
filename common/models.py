"""Where Django looks for the tables of this app."""

from common.db.models import ExclusiveAct, JobFence, JobLease, Outage, RateLimitCount

__all__ = ["ExclusiveAct", "JobFence", "JobLease", "Outage", "RateLimitCount"]
