"""What a fence costs a transaction: inserts with one and without, interleaved. Prints a line."""

import time
from contextlib import ExitStack

import django

django.setup()

from django.db import connection, transaction

from common.db.leases.holding import lease

ROUNDS, EACH = 20, 200


def main() -> None:
    """Insert in transactions of one statement, and compare the best rounds: those that other work disturbed least."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE lease_costs (number int)")
        cursor.execute("SET synchronous_commit = off")  # the disk's time is the same with and without, and hides the rest
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for fenced in (True, False):
            with ExitStack() as stack:
                if fenced:
                    stack.enter_context(lease("bench.costs"))
                seconds[fenced].append(_insert())
    with_fence, without = (min(seconds[fenced]) / EACH * 1e6 for fenced in (True, False))
    print(f"{'a transaction of one insert, its disk apart, µs':53} {without:.0f} without a fence, {with_fence:.0f} with one")


def _insert() -> float:
    began = time.perf_counter()
    for number in range(EACH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO lease_costs VALUES (%s)", [number])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
