"""Clients that pull without end while something is done to the shop under them."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

import httpx
import jwt

from marketplace.images.oci import MANIFEST
from tests.support.loopback import ask
from tests.support.registry import wait_until

Login = tuple[str, str]


@dataclass
class Puller:
    """One client: it holds its token as docker does, and asks for a fresh one after five pulls or when the registry wants it to."""

    registry_url: str
    token_urls: Iterator[str]
    repository: str
    login: Login | None
    held: str = ""
    used: int = 0

    def pull(self) -> tuple[str, str]:
        """Pull once. Return how it went, and which key signed the token that was used."""
        went = "fresh"
        if self.used < 5 and self.held:
            answer = self._manifest()
            went = "held" if answer == httpx.codes.OK else "held token refused"
        if went != "held":
            self._ask()
            answer = self._manifest()
            went = went if answer == httpx.codes.OK else f"fresh token refused: {answer}"
        self.used += 1
        return went, jwt.get_unverified_header(self.held)["kid"]

    def _ask(self) -> None:
        params = {"service": "layerstore", "scope": f"repository:{self.repository}:pull"}
        answer = ask("GET", f"{next(self.token_urls)}/auth/token", params=params, auth=self.login)
        assert answer.status_code == httpx.codes.OK, answer.text
        self.held, self.used = answer.json()["token"], 0

    def _manifest(self) -> int:
        url, headers = (
            f"{self.registry_url}/v2/{self.repository}/manifests/1.0",
            {"Authorization": f"Bearer {self.held}", "Accept": MANIFEST},
        )
        return ask("GET", url, headers=headers).status_code


@dataclass
class Pulls:
    """What many pullers met, by what was going on when their pull ended.

    Attributes:
        outcomes: (what was going on, how a pull went) → how often. `held` and `fresh` are pulls that went well.
        kids: what was going on when a pull began → which keys signed what was used from then on.
    """

    doing: str = "nothing yet"
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    kids: dict[str, set[str]] = field(default_factory=dict)
    done: Counter[int] = field(default_factory=Counter)
    ends: threading.Event = field(default_factory=threading.Event)

    def during(self, doing: str) -> None:
        """Say what is going on from now on."""
        self.doing = doing

    def go_on(self, *, pulls: int = 12) -> None:
        """Return once every puller has come through so many more pulls: none of them is then in a pull that began before."""
        seen = self.done.copy()
        wait_until(lambda: self.ends.is_set() or all(self.done[number] >= seen[number] + pulls for number in seen), seconds=60)

    def went(self, *how: str) -> set[str]:
        """Return during what pulls went this way."""
        return {doing for doing, outcome in self.outcomes if outcome in how}

    def run(self, number: int, puller: Puller) -> None:
        """Pull until told to end."""
        while not self.ends.is_set():
            began = self.doing
            try:
                outcome, kid = puller.pull()
                self.kids.setdefault(began, set()).add(kid)
                self.done[number] += 1
            except httpx.TransportError:
                outcome = "nobody answers"
            except Exception as error:  # noqa: BLE001  the test looks at it
                outcome = repr(error)
            self.outcomes[self.doing, outcome] += 1


@contextmanager
def pulling(*, registry_url: str, token_urls: list[str], asked: list[tuple[str, Login | None]]) -> Iterator[Pulls]:
    """Pull in the background, one thread for each repository and login, turning from one token process to the next."""
    pulls, urls = Pulls(), cycle(token_urls)
    pullers = [Puller(registry_url, cycle([next(urls), next(urls)]), repository, login) for repository, login in asked]
    for number in range(len(pullers)):
        pulls.done[number] = 0
    threads = [threading.Thread(target=pulls.run, args=each) for each in enumerate(pullers)]
    for thread in threads:
        thread.start()
    try:
        yield pulls
    finally:
        pulls.ends.set()
        for thread in threads:
            thread.join()
