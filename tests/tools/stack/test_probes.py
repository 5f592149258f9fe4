"""What the probes of coverage say is what a tracer says, and where a statement or a way was not passed the gate does not open."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from tests.support.coverage_gates import judged
from tests.support.measured import measurement
from tests.support.probes import PASSED, with_probes

SOURCE = '''"""Every kind of statement that holds others."""

from __future__ import annotations

import contextlib
from functools import (
    wraps,
)


def same(function):
    """Return it."""

    @wraps(function)
    def inner(*values):
        return function(*values)

    return inner


@same
@same
def choose(
    value,
    other=lambda: (
        1
    ),
):
    if value > 10:
        return "much"
    elif value < 0:
        @same
        def less():
            return "less"

        return less()
    else:
        value += 1
    if value:
        value += (
            1
        )
    return value


def repeat(values):
    found = []
    for each in values:
        if each == 2:
            continue
        if each == 3:
            break
        found.append(each)
    else:
        found.append("all")
    while found and found[0] == 9:
        found.pop(0)
    for each in found:
        if each == 8:
            found = [8]
    with contextlib.suppress(ValueError):
        for each in found:
            int(each)
    while True:
        if found is not None:
            return found


def fits(value):
    match value:
        case 1:
            return "one"
        case [first, *_] if first:
            found = first
        case (
            str()
            | bytes()
        ):
            found = "text"
    match value:
        case dict():
            return "pairs"
        case _:
            pass
    return found


def guarded(function):
    try:
        found = function()
    except (
        KeyError
    ):
        return "key"
    except ValueError:
        found = "value"
    else:
        found = [
            each for each in found
            if each
        ]
    finally:
        if function is None:
            raise TypeError
    return found


class Things:
    """Several."""

    name = "things"
    if name == "others":
        size = 1

    def each(self):
        """Say nothing."""

    def all(self):
        yield 1
        yield 2
'''


def fails(error: type[Exception]) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


CALLS: list[list[tuple[str, Any]]] = [
    [],
    [("choose", 11), ("choose", -1)],
    [("choose", 0), ("choose", -1)],
    [("repeat", [1, 2]), ("repeat", [9, 9])],
    [("repeat", [3]), ("repeat", [8]), ("repeat", ["x"])],
    [("fits", 1), ("fits", "x")],
    [("fits", [0]), ("fits", {})],
    [("fits", [1])],
    [("guarded", lambda: [1]), ("guarded", fails(KeyError))],
    [("guarded", fails(ValueError)), ("guarded", None)],
    [("Things", None)],
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    found = tmp_path / "sample.py"
    found.write_text(SOURCE)
    return str(found)


def run(code: Any, calls: list[tuple[str, Any]], **given: Any) -> None:
    space = {"__name__": "sample", **given}
    exec(code, space)
    for name, value in calls:
        with_fault(space[name], value)


def with_fault(function: Callable[..., Any], value: Any) -> None:
    try:
        found = function() if function.__name__ == "Things" else function(value)
        if function.__name__ == "Things":
            found.each()
            list(found.all())
    except Exception:  # noqa: BLE001  what is passed on the way to any fault counts
        return


def probed(file: str, calls: list[tuple[str, Any]]) -> bytearray:
    tree, probes = with_probes(Path(file).read_bytes())
    passed = bytearray(len(probes))
    run(compile(tree, file, "exec", dont_inherit=True), calls, **{PASSED: passed})
    return passed


def traced(file: str, calls: list[tuple[str, Any]]) -> Coverage:
    coverage = Coverage(data_file=None, config_file=False, branch=True, include=[file])
    code = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
    with coverage.collect():
        run(code, calls)
    return coverage


def missed(coverage: Coverage, file: str) -> tuple[list[int], dict[int, tuple[int, int]]]:
    return coverage.analysis2(file)[3], dict(coverage.branch_stats(file))


def each_alone(passed: bytearray) -> Iterator[bytearray]:
    for number in range(len(passed)):
        less = bytearray(passed)
        less[number] = 0
        yield less


@pytest.mark.parametrize("calls", CALLS, ids=lambda calls: " ".join(name for name, _ in calls) or "nothing")
def test_they_say_what_a_tracer_says(file: str, calls: list[tuple[str, Any]]) -> None:
    # No call raises what no handler takes: then a tracer also counts the handlers it was held against, and the last line of `finally`.
    assert missed(measurement({file: probed(file, calls)}, [file]), file) == missed(traced(file, calls), file)


def test_all_of_them_together_are_every_statement_and_every_way(file: str) -> None:
    every = bytearray([1]) * len(with_probes(SOURCE.encode())[1])
    assert not judged(measurement({file: every}, [file]), "a sample", 100, None, [])


def test_no_gate_opens_where_a_statement_or_a_way_was_not_passed(file: str) -> None:
    every = bytearray([1]) * len(with_probes(SOURCE.encode())[1])
    assert all("100 % are asked for" in judged(measurement({file: less}, [file]), "a sample", 100, None, []) for less in each_alone(every))


def test_a_file_that_nothing_imported_is_missed_in_full(file: str) -> None:
    assert "0%" in judged(measurement({}, [file]), "a sample", 100, None, [])
