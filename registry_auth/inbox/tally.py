"""Pulls added up in memory: those that differ in nothing that is counted are one entry with a number."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from marketplace.insights.buyer_pulls import SeenPull
from marketplace.insights.services import Pull
from registry_auth.inbox.envelopes import RegistryEvent

Row = tuple[str, str, str, date, str]


def add_up(events: Iterable[RegistryEvent]) -> list[Pull]:
    """Return the pulls that these events tell of, with how often each was made and from where."""
    counts: defaultdict[Row, int] = defaultdict(int)
    clients: defaultdict[Row, set[str]] = defaultdict(set)
    for event in events:
        row = (event.repository, event.digest, event.tag, event.at.date(), event.subject)
        counts[row] += event.times
        if event.client:
            clients[row].add(event.client)
    return [Pull(*row, clients=clients.get(row, ()), times=times) for row, times in counts.items()]


def seen_with_account(events: Iterable[RegistryEvent]) -> Iterator[SeenPull]:
    """Yield the pulls that somebody with an account made; events of the stream tell no address and are left out."""
    for event in events:
        if event.address:
            yield SeenPull(event.repository, event.digest, event.subject, event.at, event.address, event.agent)
