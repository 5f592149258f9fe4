"""`manage.py derive_series FIRST LAST`: derive the daily series of these days again, from orders, refunds, pulls and views."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.sales.services import roll_up_sales
from common.ops.redis import raw_redis_client
from marketplace.insights.figures import last_whole_day
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.insights.rollup import roll_up_pulls


class Command(BaseCommand):
    """Calls the services of the jobs for a range of days."""

    help = "Derive the daily series of a range of whole days (UTC) again. Doing it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", type=date.fromisoformat, help="The first day, as 2026-11-01.")
        parser.add_argument("last", type=date.fromisoformat, help="The last day.")

    def handle(self, *_args: Any, first: date, last: date, **_options: Any) -> None:
        if first > last:
            raise CommandError(f"{first} comes after {last}: name the first day first.")
        pulls = roll_up_pulls(first=first, last=last, redis=raw_redis_client())
        sales = roll_up_sales(first=first, last=last)
        until = last_whole_day()
        note_series(first=first, last=last, again=True)
        outlooks = renew_outlooks(until=until, seconds=float("inf"))
        self.stdout.write(f"{pulls} rows of pulls and views, {sales} rows of sales, {outlooks} trends and forecasts")
