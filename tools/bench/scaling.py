"""What so many pulls a day need and cost at AWS: arithmetic on measured unit costs and on assumptions, all of them in this file."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

DAY, MONTH_HOURS, MONTH_DAYS = 86_400, 730, 30

# Assumed: how people pull. Put your own figures here first.
PEAK: Final = 5.0  # the busiest second, beside the average one
PULL_GB: Final = 0.1  # layers that one pull fetches: what the client has already is not fetched again
LAYERS: Final = 8
NOTIFICATIONS: Final = 3  # docker reads an index and a manifest, and asks for one of them twice
REQUESTS: Final = 4 + LAYERS  # at the edge: the first refusal, the token, manifests, layers
PAGES: Final = 0.2  # views of pages for each pull
SALES: Final = 0.005
ROWS_A_SALE: Final = 30
LOG_KB: Final = 4  # of one pull

# Measured: processor seconds, docs/benchmarks.md and docs/scaling.md say how.
TOKEN, TOKEN_DATABASE = 316e-6, 163e-6
ACCEPT = 2 / 6_496  # one notification of one event, on two busy cores
APPLY = 2 / 56_025
PAGE = 0.016
EDGE_REQUEST = 2 / 3_838 - 2 / 4_813  # with the edge and without
EDGE_GB, REGISTRY_GB = 0.86, 0.40
# Assumed: TLS to S3, and the proxies of Service Connect with theirs on both sides, cost as much again twice over.
AT_AWS: Final = 3.0
BUSY: Final = 0.5  # autoscaling keeps tasks half busy

# Assumed: US dollars in Frankfurt (eu-central-1), on demand, as of June 2025, typed in and not fetched. Put today's here.
VCPU_HOUR, GB_HOUR = 0.04656, 0.00511
DATABASE_HOUR: Final = {"small": 0.153, "large": 2.10}
DATABASE_GB: Final = 0.274
DATABASE_SIZE: Final = {"small": 50, "large": 1000}
CACHE_HOUR: Final = {"small": 2 * 0.038, "large": 3 * 0.260}
BALANCER_HOUR, BALANCER_GB = 0.027, 0.008
NAT_HOUR: Final = {"small": 0.052, "large": 3 * 0.052}
ENDPOINT_HOUR: Final = {"small": 0.0, "large": 15 * 0.012}
KAFKA_HOUR: Final = {"small": 0.0, "large": 3 * 0.24 + 3 * 500 * 0.119 / MONTH_HOURS}
FIXED: Final = {"small": 50 + 25, "large": 50 + 60}  # the private authority; keys, secrets, alarms, container metrics
STORAGE_GB, GET = 0.0245, 0.43e-6
LOG_GB: Final = 0.63
# Up to so many terabytes a month, and the price of a gigabyte.
EGRESS: Final = ((10, 0.09), (50, 0.085), (150, 0.07), (float("inf"), 0.05))
CDN: Final = ((10, 0.085), (50, 0.08), (150, 0.06), (500, 0.04), (1024, 0.03), (5120, 0.025), (float("inf"), 0.02))
# The least that runs of each environment, in processors and in gigabytes of memory (deploy/terraform/environments).
LEAST: Final = {"small": (6.5, 15.0), "large": (57.5, 115.0)}


@dataclass(frozen=True, slots=True)
class Shop:
    """How much is pulled, and where layers come from.

    Attributes:
        pulls: a day.
        environment: of deploy/terraform.
        catalogue: terabytes of layers that are kept.
        cdn: whether layers come from a content delivery network that the registry sends clients to, and not through the edge.
    """

    pulls: float
    environment: str
    catalogue: float
    cdn: bool = False

    @property
    def name(self) -> str:
        return f"{self.pulls:,.0f} a day" + (", CDN" if self.cdn else "")

    @property
    def average(self) -> float:
        """Pulls in an average second."""
        return self.pulls / DAY

    @property
    def terabytes(self) -> float:
        """What leaves in a month."""
        return self.pulls * PULL_GB * MONTH_DAYS / 1000


SHOPS: Final = (Shop(1e3, "small", 0.1), Shop(1e5, "small", 2), Shop(1e7, "large", 50), Shop(1e7, "large", 50, cdn=True))


def load(shop: Shop) -> dict[str, float]:
    """Return what comes in the busiest second."""
    pulls = shop.average * PEAK
    return {
        "pulls/s": pulls,
        "tokens/s": pulls,
        "notifications/s": pulls * NOTIFICATIONS,
        "GB/s out": pulls * PULL_GB,
        "rows written/s": pulls * (2 * NOTIFICATIONS + SALES * ROWS_A_SALE),
        "Redis commands/s": pulls * 2,
        "page views/s": pulls * PAGES,
    }


def processors(shop: Shop) -> dict[str, float]:
    """Return how many processors are busy in the busiest second."""
    pulls = shop.average * PEAK
    through = 0.0 if shop.cdn else pulls * PULL_GB * AT_AWS
    return {
        "edge": pulls * REQUESTS * EDGE_REQUEST + through * EDGE_GB,
        "registry": through * REGISTRY_GB,
        "token": pulls * TOKEN,
        "inner": pulls * NOTIFICATIONS * ACCEPT,
        "worker or events": pulls * NOTIFICATIONS * APPLY,
        "web": pulls * PAGES * PAGE,
        "PostgreSQL, for tokens": pulls * TOKEN_DATABASE,
    }


def costs(shop: Shop) -> dict[str, float]:
    """Return dollars a month."""
    where = shop.environment
    busy = sum(used for part, used in processors(shop).items() if not part.startswith("PostgreSQL")) / PEAK
    least, memory = LEAST[where]
    grown = max(0.0, busy / BUSY - least)
    through = 0.0 if shop.cdn else shop.terabytes * 1000
    return {
        "tasks": MONTH_HOURS * (least * VCPU_HOUR + memory * GB_HOUR + grown * (VCPU_HOUR + 2 * GB_HOUR)),
        "PostgreSQL": MONTH_HOURS * DATABASE_HOUR[where] + DATABASE_SIZE[where] * DATABASE_GB,
        "Redis": MONTH_HOURS * CACHE_HOUR[where],
        "Kafka": MONTH_HOURS * KAFKA_HOUR[where],
        "network": MONTH_HOURS * (BALANCER_HOUR + NAT_HOUR[where] + ENDPOINT_HOUR[where]) + through * BALANCER_GB,
        "S3": shop.catalogue * 1000 * STORAGE_GB + shop.pulls * MONTH_DAYS * LAYERS * GET,
        "logs": shop.pulls * MONTH_DAYS * LOG_KB / 1e6 * LOG_GB,
        "certificates, keys, alarms": FIXED[where],
        "traffic out": by_steps(shop.terabytes, CDN if shop.cdn else EGRESS),
    }


def by_steps(terabytes: float, steps: Sequence[tuple[float, float]]) -> float:
    """Return the price of so much traffic in a month, of which each step has its own price."""
    bounds = [(0.0, 0.0), *steps]
    return sum(max(0.0, min(terabytes, end) - begin) * 1000 * price for (begin, _), (end, price) in pairwise(bounds))


def tables(shops: Sequence[Shop] = SHOPS) -> str:
    """Return the three tables of docs/scaling.md."""
    bills = [costs(shop) for shop in shops]
    totals = {
        "**together**": [sum(bill.values()) for bill in bills],
        "**without traffic out**": [sum(bill.values()) - bill["traffic out"] for bill in bills],
    }
    a_thousand = [sum(bill.values()) / (shop.pulls * MONTH_DAYS) * 1000 for shop, bill in zip(shops, bills, strict=True)]
    return "\n".join(
        [
            table("in the busiest second", shops, _rows(map(load, shops)), "{:,.2f}"),
            table("processors busy then", shops, _rows(map(processors, shops)), "{:,.2f}"),
            table("dollars a month", shops, _rows(bills) | totals, "{:,.0f}").rstrip("\n"),
            _row("a thousand pulls", [f"{dollars:,.2f}" for dollars in a_thousand]),
        ]
    )


def _rows(columns: Iterable[Mapping[str, float]]) -> dict[str, list[float]]:
    found = list(columns)
    return {name: [column[name] for column in found] for name in found[0]}


def table(title: str, shops: Sequence[Shop], rows: Mapping[str, Sequence[float]], style: str) -> str:
    """Return a table of Markdown: a column for each shop."""
    head = [_row(title, [shop.name for shop in shops]), "|---|" + "---:|" * len(shops)]
    return "\n".join([*head, *(_row(name, [style.format(value) for value in values]) for name, values in rows.items()), ""])


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, of docs/scaling.md or of a shop of one's own."""
    parser = argparse.ArgumentParser(prog="script/bench scaling", description=__doc__)
    parser.add_argument("--pulls", type=float, help="a day")
    parser.add_argument("--environment", choices=sorted(LEAST), default="small")
    parser.add_argument("--catalogue", type=float, default=1.0, help="terabytes of layers that are kept")
    parser.add_argument("--cdn", action="store_true", help="layers come from a content delivery network")
    chosen = parser.parse_args(arguments)
    shops = SHOPS if chosen.pulls is None else (Shop(chosen.pulls, chosen.environment, chosen.catalogue, chosen.cdn),)
    print(tables(shops))


if __name__ == "__main__":
    main()
