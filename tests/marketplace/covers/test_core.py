"""The picture of an image's layers to scale."""

import re
from itertools import pairwise

from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from marketplace.covers.core import HEIGHT, WIDTH, Segment, draw_core
from marketplace.covers.layer_rows import LayerRow
from tests.factories.marketplace import layer

segments = st.lists(
    st.builds(Segment, st.binary(min_size=8, max_size=8).map(bytes.hex), st.integers(0, 2**60), st.just("#8d8477")), max_size=128
)


def starts(body: str) -> list[float]:
    return [float(x) for x in re.findall(r'd="M([\d.]+) 0C', body)]


def test_each_layer_is_as_wide_as_its_share() -> None:
    body = draw_core([Segment("00" * 8, 300, "#111111"), Segment("ff" * 8, 100, "#222222")])

    assert starts(body) == [0.0, WIDTH * 3 / 4]
    assert re.findall(r'fill="(#\d+)"', body) == ["#111111", "#222222"]


@given(segments)
def test_however_many_layers_there_are_and_however_small_none_leaves_the_core(several: list[Segment]) -> None:
    body = draw_core(several)

    assert len(starts(body)) == len(several)
    assert all(first <= second for first, second in pairwise(starts(body)))
    assert all(-0.1 <= float(x) <= WIDTH + 0.1 for x in re.findall(r"[MC ](-?[\d.]+) ", body))


def test_the_picture_says_what_it_shows() -> None:
    rows = [LayerRow(layer("own", 1_000_000), "#a63", own=True), LayerRow(layer("base", 3_000_000), "#8d8477", own=False)]

    shown = Template("{% load covers %}{% core rows %}{% core none %}").render(Context({"rows": rows, "none": []}))

    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in shown
    assert 'role="img" aria-label="The layers to scale, the base at the left: the largest has 3.0 MB of 4.0 MB"' in shown
    assert shown.index("#8d8477") < shown.index("#a63")
