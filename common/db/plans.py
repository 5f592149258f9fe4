"""How PostgreSQL may run the statements of a question that people wait for, whatever server and role it runs on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

# Compiling a plan (jit) takes longer than running it, and so does starting processes beside each other on a few cores.
# A small table is looked up in its indexes as a large one is: what was measured in one size holds in the other.
_LOOKED_UP: Final = "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_seqscan = off; "


@contextmanager
def looked_up(*, sorting: bool = True) -> Iterator[None]:
    """Let each statement inside be planned for indexes, at once and in one process.

    The settings go in the same message as the statement and end with its transaction, so they cost no round trip and hold behind a pooler.

    Source: PostgreSQL manual, "Multiple Statements in a Simple Query".

    Args:
        sorting: whether rows may be sorted to be grouped, as PostgreSQL does with a few and not with many.
    """
    settings = f"{_LOOKED_UP}SET LOCAL enable_sort = {'on' if sorting else 'off'}; "

    def say(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
        return execute(settings + sql, params, many, context)

    with connection.execute_wrapper(say):
        yield
