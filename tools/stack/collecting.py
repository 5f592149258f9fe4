"""script/garbage-collect: take from the registry's storage what no manifest names, and nothing that was sold, while pulls go on."""

import os
import re
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tools.stack.environment import plain_environment, shop_environment
from tools.stack.instance import ROOT, Instance
from tools.stack.parts import manage, program
from tools.stack.probes import answers
from tools.stack.problems import Problem
from tools.stack.signals import dying_with_parent
from tools.stack.view import View

LONGEST_MINUTES = 120  # of a collection, after the last push token has run out
# distribution, registry/storage/garbagecollect.go, in 2.8 and 3.x alike
_DOOMED = re.compile(r"^blob eligible for deletion: sha256:([0-9a-f]{64})$", re.MULTILINE)


class Shop(Protocol):
    """Runs a command of the shop's with lines on its standard input, and returns what it printed; raises Problem if it failed."""

    def __call__(self, *arguments: str, lines: Iterable[str] = ()) -> str: ...


@dataclass(slots=True)
class Collector:
    """One collection.

    Attributes:
        configuration: the registry's.
        storage: its root directory, for the sizes.
        sleep: waits so many seconds.
    """

    configuration: Path
    storage: Path
    shop: Shop
    announce: Callable[[str], None] = field(default=lambda _: None)
    sleep: Callable[[float], object] = time.sleep

    def doomed(self) -> dict[str, int]:
        """Return what a collection would take, with the bytes of each: digests in hexadecimal."""
        if not (self.storage / "docker/registry/v2/repositories").exists():
            return {}  # nothing was ever pushed, which the registry's command calls an error
        found = _DOOMED.findall(self._collect("--dry-run"))
        return {digest: self._size(digest) for digest in found}

    def run(self) -> dict[str, int]:
        """Collect, and return what was taken.

        Pushes are refused meanwhile: a layer whose manifest is yet to come would be taken. First whoever has a push token may end what
        they began. What is to be taken is compared with all that was sold before it is taken, and what was sold is asked for afterwards.

        Raises:
            Problem: something that was sold is missing or would be taken; a backup is under way. In both cases nothing was taken.
        """
        self.announce(f"{self.shop('check_sold_content').strip()} manifests that were sold are whole")
        wait = float(self.shop("registry_hold", "begin", "collection", "--minutes", str(LONGEST_MINUTES)))
        outcome: list[str] = ["--problem", "The collection was cut off."]
        try:
            self.announce(f"new pushes are refused; waiting {wait:.0f} s for those that have begun")
            self.sleep(wait)
            taken = self.doomed()
            self.shop("check_sold_content", "--spare", lines=[f"sha256:{digest}" for digest in taken])
            if taken:
                self.announce(f"taking {described(taken)}")
                self._collect()
            checked = self.shop("check_sold_content").strip()
            outcome = ["--checked", checked, "--removed-blobs", str(len(taken)), "--freed", str(sum(taken.values()))]
        except Problem as problem:
            outcome = ["--problem", problem.what]
            raise
        finally:
            self.shop("registry_hold", "end", *outcome)
        return taken

    def _size(self, digest: str) -> int:
        file = self.storage / "docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"
        return file.stat().st_size if file.exists() else 0

    def _collect(self, *options: str) -> str:
        # Never --delete-untagged: it takes what buyers have paid for and pull by digest.
        command = [*dying_with_parent("KILL"), program("docker-registry"), "garbage-collect", *options, str(self.configuration)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_MINUTES * 60)
        except subprocess.TimeoutExpired:
            raise Problem("The registry's collection took too long and was ended.", do="start it again: it goes on.") from None
        if result.returncode:
            raise Problem(
                f"The registry's collection failed: {result.stderr.strip()[-300:]}", do="mend what it names, then start it again."
            )
        return result.stdout


def described(blobs: dict[str, int]) -> str:
    """Return how many blobs these are, and how large."""
    return f"{len(blobs)} blobs, {sum(blobs.values()) / 10**6:.1f} MB"


def shop_of(instance: Instance) -> Shop:
    """Return what runs the shop's commands on an instance."""
    environment = plain_environment(os.environ) | shop_environment(instance)

    def run(*arguments: str, lines: Iterable[str] = ()) -> str:
        text = "".join(f"{line}\n" for line in lines)
        result = subprocess.run(manage(*arguments), env=environment, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
        if result.returncode:
            words = result.stderr.strip().splitlines()
            raise Problem(
                words[-1].removeprefix("CommandError: ") if words else f"{arguments[0]} failed.", do="\n".join(words[:-1]) or "see above."
            )
        return result.stdout

    return run


def main(view: View, arguments: list[str]) -> int:
    """Collect garbage on the stack that runs, or say how much there is; return the exit status."""
    parser = ArgumentParser(prog="script/garbage-collect", description="Take layers that no manifest names from the registry's storage.")
    parser.add_argument("--dry-run", action="store_true", help="only say how much would be freed")
    options = parser.parse_args(arguments)
    instance = Instance.from_environment(os.environ)
    if not answers(f"{instance.registry_url}/v2/")():
        raise Problem(f"No shop runs at {instance.url}.", do="start it: script/server")
    configuration = instance.var / "run" / "registry.yml"
    collector = Collector(configuration, instance.var / "registry", shop_of(instance), announce=view.say)
    if options.dry_run:
        view.say(f"A collection would free {described(collector.doomed())}.")
        return 0
    view.say(f"Freed: {described(collector.run())}.")
    return 0
