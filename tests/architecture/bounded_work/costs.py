"""What an answer takes: queries, rows that PostgreSQL reads for them and hands over, and bytes; never seconds."""

import json
from dataclasses import dataclass, replace

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.pages import Page, weight

FEW, MANY, MOST = 10, 600, 10_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer took.

    Attributes:
        weight: of a page with its style sheets and scripts, compressed; nothing else has one.
        status: the answer's, the same however much there is: an error and a way to the door are cheap.
    """

    queries: int
    read: int
    handed_over: int
    size: int
    weight: int = 0
    status: int = 200


def cost_of(client: Client, address: str, *, read: "Planned | None", former: Cost | None) -> Cost | None:
    """Return what an answer took; None where there is nothing to be read.

    What a first visit alone costs, a greeting for one, is no cost of the address: it is asked once more where that may be it.
    """
    if former is None and client.get(address).status_code in {404, 405}:
        return None
    queries, cost = asked(client, address)
    if former is not None and has_grown(replace(former, handed_over=0), cost):
        queries, cost = asked(client, address)
    assert former is None or cost.status == former.status, (address, former.status, cost.status)
    plans = [read.plan(query["sql"]) for query in queries if query["sql"].lstrip().startswith(("SELECT", "WITH"))] if read else []
    return replace(cost, read=sum(own for own, _ in plans), handed_over=sum(handed for _, handed in plans))


def asked(client: Client, address: str) -> tuple[list[dict[str, str]], Cost]:
    """Ask once; return the queries, and what it took beside their rows."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code < 500, address
    page = answer.headers.get("Content-Type", "").startswith("text/html")
    heavy = weight(answer, Page(answer.content.decode())) if page else 0
    return queries.captured_queries, Cost(len(queries), 0, 0, len(answer.content), heavy, answer.status_code)


class Planned:
    """Has PostgreSQL run readings once more, by indexes where it has them: small tables are else read whole.

    The same reading of the same rows reads as many each time, so one that many pages begin with is run for the first of them.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, int]] = {}

    def plan(self, sql: str) -> tuple[int, int]:
        """Return how many rows the reading looks at, and how many it hands over."""
        if sql not in self.known:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql)
                (told,) = cursor.fetchone()
                cursor.execute("SET LOCAL enable_seqscan = on")
            plan = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
            self.known[sql] = rows_read(plan), int(plan["Actual Rows"])
        return self.known[sql]


def rows_read(plan: dict) -> int:
    """How many rows all steps of an executed plan have looked at."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(map(rows_read, plan.get("Plans", [])))


def has_grown(before: Cost, after: Cost, *, read: bool = False) -> bool:
    """Whether a cost follows what there is, and does not merely vary with the lengths of names and numbers."""
    follows = after.queries > before.queries or after.handed_over > before.handed_over + 20 or after.size > 1.1 * before.size + 1_000
    return follows or (read and after.read > 2 * before.read + 200)


def reads_ever_more(before: Cost, after: Cost) -> bool:
    """Whether more rows are read for each that there is, as where one is compared with all. Counting and sorting reads each once."""
    return after.read > 4 * before.read * MOST / MANY + 1_000  # another plan may read each in one table more
