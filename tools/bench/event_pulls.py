"""Pulls as a registry tells of them, in any number, and what must be counted of them in the end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import lcm

import msgspec

PER_ENVELOPE = 100
TOLD_TWICE = 100  # one event in so many is sent twice: the registry repeats an event until it is accepted
AGENT = "docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0 os/linux arch/amd64 UpstreamClient(Docker-Client/27.3.1 \\(linux\\))"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
ANONYMOUS = 10  # one pull in so many
Key = tuple[str, str, str, str | None]


@dataclass
class Pulls:
    """Makes pulls by number, and knows what must be counted when so many were made."""

    pulled: Sequence[Sequence[str]]
    buyers: Sequence[str]
    made: int = 0

    def take(self, count: int) -> list[dict[str, object]]:
        """Return as many new events, each a pull that counts, in the form of distribution 2.8."""
        numbers = range(self.made, self.made + count)
        self.made += count
        return [self._event(number) for number in numbers]

    def of(self, number: int) -> tuple[str, str, str, str, str | None]:
        """Return repository, tag, platform, digest and buyer of one pull."""
        repository, tag, platform, digest = self.pulled[number * 7919 % len(self.pulled)]
        return repository, tag, platform, digest, None if number % ANONYMOUS == 0 else self.buyers[number * 104729 % len(self.buyers)]

    @property
    def expected(self) -> Counter[Key]:
        """Return what must be counted of all that were made: they repeat themselves after a while."""
        period = lcm(len(self.pulled), len(self.buyers), ANONYMOUS)
        counted: Counter[Key] = Counter()
        for number in range(min(period, self.made)):
            repository, tag, platform, _, buyer = self.of(number)
            counted[repository, tag, platform, buyer] += (self.made - number - 1) // period + 1
        return counted

    def _event(self, number: int) -> dict[str, object]:
        repository, _, _, digest, buyer = self.of(number)
        size, url = 1_234, f"http://registry:5000/v2/{repository}/manifests/{digest}"
        target = {"mediaType": MEDIA_TYPE, "size": size, "length": size, "digest": digest, "repository": repository, "url": url}
        request = {"id": f"r-{number:036}", "addr": f"{address_of(number)}:4711", "host": "shop.example"}
        return {
            "id": id_of(number),
            "timestamp": datetime.now(UTC).isoformat(),
            "action": "pull",
            "target": target,
            "request": {**request, "method": "GET", "useragent": AGENT},
            "actor": {"name": buyer} if buyer else {},
            "source": {"addr": "registry:5000", "instanceID": "d96a1510-f2af-4ee3-9a61-c75f15c5d904"},
        }


def id_of(number: int) -> str:
    """Return an event's id."""
    return f"e-{number:036}"


def address_of(number: int) -> str:
    """Return the address from where it was pulled."""
    return f"10.{number % 200}.{number // 200 % 200}.7"


def envelopes(pulls: Pulls, count: int) -> Iterator[list[dict[str, object]]]:
    """Yield envelopes with that many new events in all, some of which are sent twice."""
    for start in range(0, count, PER_ENVELOPE):
        events = pulls.take(min(PER_ENVELOPE, count - start))
        yield [*events, *events[: PER_ENVELOPE // TOLD_TWICE]]


def body_of(events: Sequence[dict[str, object]]) -> bytes:
    """Return the notification's body."""
    return msgspec.json.encode({"events": events})
