"""A window: what a consumer has read and not committed yet, added up in memory."""

import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from marketplace.insights.services import Pull
from registry_auth.inbox.messages import StreamedPull

SHORTEST_SECONDS: Final = 1.0  # when nothing waits in Kafka
LONGEST_SECONDS: Final = 5.0
MOST_ROWS: Final = 50_000
MOST_BYTES: Final = 128 * 1024 * 1024  # of messages

Row = tuple[str, str, str, date, str]


class Window:
    """Pulls by what they are counted under, and how far each partition is read.

    Attributes:
        next_offsets: by partition, behind the last message that is in here.
        marks: by partition, of the pulls in here.
        unreadable: messages that are none of ours, and why.
    """

    def __init__(self) -> None:
        self.next_offsets: dict[int, int] = {}
        self.marks: dict[int, array[int]] = {}
        self.unreadable: list[tuple[bytes, str]] = []
        self.messages = 0
        self._bytes = 0
        self._began: float | None = None
        self._counts: Counter[Row] = Counter()
        self._clients: dict[Row, set[str]] = {}

    def reach(self, partition: int, next_offset: int, *, messages: int, size: int) -> None:
        """Note that a partition is read so far."""
        self.next_offsets[partition] = next_offset
        self.messages += messages
        self._bytes += size
        if self._began is None:
            self._began = time.monotonic()

    def add(self, partition: int, pulls: Sequence[StreamedPull], marks: Sequence[int]) -> None:
        """Count pulls, none of which is a repetition."""
        counts, clients = self._counts, self._clients
        for pull in pulls:
            row = (pull.repository, pull.digest, pull.tag, pull.day, pull.subject)
            counts[row] += 1
            try:
                clients[row].add(pull.client)
            except KeyError:
                clients[row] = {pull.client}
        self.marks.setdefault(partition, array("q")).extend(marks)

    def is_due(self, *, caught_up: bool) -> bool:
        """Whether to commit it now."""
        if self._began is None:
            return False
        age = time.monotonic() - self._began
        full = len(self._counts) >= MOST_ROWS or self._bytes >= MOST_BYTES
        return full or age >= (SHORTEST_SECONDS if caught_up else LONGEST_SECONDS)

    def pulls(self) -> Iterator[Pull]:
        """Yield the pulls as the counters take them."""
        for row, times in self._counts.items():
            repository, digest, tag, day, subject = row
            clients = tuple(self._clients[row] - {""})
            yield Pull(repository=repository, digest=digest, tag=tag, day=day, subject=subject, clients=clients, times=times)

    @property
    def pull_count(self) -> int:
        """How many pulls are in here."""
        return self._counts.total()
