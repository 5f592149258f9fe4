"""The check against typed dictionaries, on small ones of our own."""

from decimal import Decimal
from typing import Any, Literal, NotRequired

import pytest
from typing_extensions import TypedDict

from tools.sandbox.errors import InvalidParams
from tools.sandbox.params import check
from tools.sandbox.shapes import shaped


class Inner(TypedDict):
    name: str


class Shape(TypedDict):
    kind: Literal["a"]
    rate: NotRequired[Decimal]
    ratio: NotRequired[float]
    when: NotRequired["Literal['now']|int"]
    since: NotRequired["Inner|int"]
    note: NotRequired["Literal['']|str"]  # noqa: PYI051 - as the SDK writes it
    tags: NotRequired["Literal['']|list[str]"]
    counts: NotRequired[dict[str, int]]
    pairs: NotRequired[dict[str, str]]
    count: NotRequired[int]


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        ({"kind": "a"}, {}),
        ({"rate": "1.25"}, {"rate": "1.25"}),
        ({"ratio": "-2"}, {"ratio": "-2"}),
        ({"when": "now"}, {"when": "now"}),
        ({"when": "12"}, {"when": 12}),
        ({"since": {"name": "x"}}, {"since": {"name": "x"}}),
        ({"since": "12"}, {"since": 12}),
        ({"note": ""}, {"note": ""}),
        ({"tags": ""}, {"tags": ""}),
        ({"tags": ["x"]}, {"tags": ["x"]}),
        ({"pairs": ["x"]}, {"pairs": {"0": "x"}}),
        ({"counts": {"x": "1"}}, {"counts": {"x": 1}}),
        ({"pairs": {"x": ""}}, {"pairs": {"x": ""}}),
    ],
)
def test_values_leave_with_their_type(given: dict[str, Any], typed: dict[str, Any]) -> None:
    assert check({"kind": "a"} | given, Shape) == {"kind": "a"} | typed


@pytest.mark.parametrize(
    ("given", "param", "message"),
    [
        ({"kind": "b"}, "kind", "Invalid kind: must be one of a"),
        ({"rate": "x"}, "rate", "Invalid decimal: x"),
        ({"when": "soon"}, "when", "Invalid integer: soon"),
        ({"since": {"age": "x"}}, "since[age]", "Received unknown parameter: since[age]"),
        ({"since": ["x"]}, "since", "Invalid object"),
        ({"tags": "x"}, "tags", "Invalid array"),
        ({"pairs": "x"}, "pairs", "Invalid object"),
        ({"count": {"x": "1"}}, "count", "Invalid integer: {'x': '1'}"),
        ({"count": "9" * 20}, "count", f"Invalid integer: {'9' * 20}"),
        ({"count": "١"}, "count", "Invalid integer: ١"),
    ],
)
def test_mistyped_values_are_refused(given: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        check({"kind": "a"} | given, Shape)

    assert (caught.value.param, caught.value.message) == (param, message)


def test_an_object_has_only_stripes_keys() -> None:
    with pytest.raises(KeyError, match="colour"):
        shaped("charge", colour="red")
