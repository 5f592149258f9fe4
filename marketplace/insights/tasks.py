"""What the worker counts."""

from celery import shared_task

from common.db.leases import lease_of_job
from marketplace.insights.services import add_up_pulls


@shared_task(name="marketplace.add_up_pulls")
def rank_products() -> int:
    """Add up the pulls by which products rank; one worker at a time. Returns how many changed."""
    with lease_of_job("marketplace.add_up_pulls") as held:
        return add_up_pulls() if held else 0
