"""What the worker would do within the day, done at once, so that every page is full: by the services that it calls."""

from datetime import date, timedelta

from billing.orders.services import add_up_sales
from billing.sales.services import roll_up_sales
from common.ops.redis import raw_redis_client
from marketplace.contents.services import note_known_bases
from marketplace.covers.services import draw_outdated_covers
from marketplace.insights.figures import last_whole_day
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.insights.rollup import roll_up_pulls
from marketplace.insights.services import add_up_pulls
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.reviews.pulls import count_pulls_of_reviewers
from marketplace.search.services import count_known_words
from tools.demo.shop.series import DAYS


def add_everything_up() -> None:
    """Bring up to date what ranks and finds products, and what reviews and product pages say beside them."""
    add_up_pulls()
    refresh_search_entries()
    add_up_sales()
    count_known_words()
    note_known_bases()
    count_pulls_of_reviewers()
    draw_outdated_covers()


def derive_series(today: date) -> tuple[int, int]:
    """Derive the daily series of all days. Return how many rows of pulls and views, and of sales."""
    first = today - timedelta(days=DAYS)
    return roll_up_pulls(first=first, last=today, redis=raw_redis_client()), roll_up_sales(first=first, last=today)


def work_out_outlooks(today: date) -> int:
    """Work out trend and forecast of every series. Return of how many."""
    until = last_whole_day()
    note_series(first=today - timedelta(days=DAYS), last=until)
    return renew_outlooks(until=until)
