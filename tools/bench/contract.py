"""The API against its own document: no answer is an error of ours or undocumented, for many more random requests than a test makes."""

import argparse
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event
from typing import Final

import psycopg2
import redis
from rich.console import Console

from tools.bench.shop import end_with, fresh_shop
from tools.stack.instance import ROOT, Instance
from tools.stack.sale.story import Story
from tools.stack.view import View

EXAMPLES: Final = 200
NOBODY_IS_THROTTLED: Final = {"LAYERSTORE_API_RATE": "100000/min"}
_CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


def contract_command(url: str, token: str, *, examples: int, seed: int) -> Sequence[str]:
    """Return Schemathesis's command for a running shop: what each operation's bounds are is asked by rule, the rest at random.

    Args:
        token: of somebody who sells.
        examples: random requests to each operation, and random sequences of requests.
    """
    own = ("--header", f"Authorization: Bearer {token}", "--exclude-operation-id", "access_tokens_destroy")  # the token's end would be ours
    how = ("--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing,stateful", "--no-color")
    much = ("--max-examples", str(examples), "--seed", str(seed))
    return (str(ROOT / ".venv/bin/schemathesis"), "run", f"{url}/api/schema/", *own, *how, *much)


@contextmanager
def nobody_limited(instance: Instance) -> Iterator[None]:
    """Forget several times a second, beside the block, what a running shop's rate limits have counted, so that they refuse nobody."""
    over = Event()
    with ThreadPoolExecutor(1) as beside:
        forgetting = beside.submit(_forget_counts, instance, over)
        try:
            yield
        finally:
            over.set()
        forgetting.result()


def _forget_counts(instance: Instance, over: Event) -> None:
    database = psycopg2.connect(host=str(instance.sockets / "postgres"), user="layerstore", dbname="layerstore")
    with closing(database), redis.Redis(unix_socket_path=str(instance.socket("redis"))) as counts:
        database.autocommit = True
        while not over.wait(0.05):
            with database.cursor() as cursor:
                cursor.execute("DELETE FROM common_ratelimitcount")
            if keys := list(counts.scan_iter(match="*rate-limits*", count=1_000)):
                counts.delete(*keys)


def main() -> int:
    """Ask, and print what Schemathesis says; return 0 only if every answer was one that the document promises."""
    parser = argparse.ArgumentParser(prog="script/bench contract", description=__doc__)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"random requests to each operation ({EXAMPLES})")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of what is random; printed")
    wanted = parser.parse_args()
    with fresh_shop(settings=NOBODY_IS_THROTTLED) as stack:
        told = Story(stack, View(Console(quiet=True))).tell()
        command = contract_command(stack.instance.url, told["seller"]["access_token"], examples=wanted.examples, seed=wanted.seed)
        with nobody_limited(stack.instance):
            return subprocess.run(command, cwd=stack.instance.var, check=False, env=stack.environment).returncode


if __name__ == "__main__":
    end_with(main)
