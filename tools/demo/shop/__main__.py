"""python -m tools.demo.shop [check]: fill a running stack, whose environment it has, or check what was filled.

Prints a line for each step, and leaves who can sign in in var/shop.json.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django

django.setup()

from tools.demo.shop.checks import check  # noqa: E402  models need Django to be set up
from tools.demo.shop.filling import fill  # noqa: E402  after Django is set up
from tools.stack.instance import Instance, write_private  # noqa: E402  after Django is set up
from tools.stack.problems import Problem  # noqa: E402  after Django is set up


def main(arguments: list[str]) -> int:
    """Fill or check; what stands in the way becomes a line and status 1."""
    instance = Instance.from_environment(os.environ)
    try:
        if arguments == ["check"]:
            for line in check(instance.url):
                print(line, flush=True)
        else:
            record = fill(instance.url, step)
            write_private(instance.var / "shop.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Time what is done in the body, and print it with what the body adds to the line."""
    began, words = time.monotonic(), list[str]()
    yield words
    print(f"{time.monotonic() - began:5.1f} s  {title}{': ' if words else ''}{', '.join(words)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
