"""Covers are drawn from layers, and the same layers always give the same picture."""

import hashlib
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.covers.drawing import MOST_BANDS, PALETTES, STONE, DrawnLayer, avatar, draw, empty, merge
from marketplace.images.merging import _Merging


def layer(name: str, size: int = 5_000_000, *, own: bool = True) -> DrawnLayer:
    return DrawnLayer(hashlib.sha256(name.encode()).hexdigest(), size, own)


BASE = layer("debian", 29_000_000, own=False)
IMAGE = [BASE, layer("apt", 38_000_000), layer("app", 400_000), layer("entrypoint", 900)]
layers = st.lists(
    st.builds(DrawnLayer, st.binary(min_size=32, max_size=32).map(bytes.hex), st.integers(0, 2**40), st.booleans()),
    max_size=40,
)


def formation_of(body: str) -> str:
    found = re.search(r'class="sky" fill="(#\w{6})"', body)
    assert found
    return found[1]


def test_the_picture_is_pinned() -> None:
    """A change here changes the face of every product: it must be meant."""
    drawn = draw("acme/postgres-ha", IMAGE)

    assert hashlib.sha256(drawn.body.encode()).hexdigest() == "a807b011693603f41c01ed0fdfa1e897cf5e1471047dddc0ef48192c418ed25e"


def test_the_same_layers_draw_the_same_cover() -> None:
    assert draw("acme/db", IMAGE) == draw("acme/db", list(IMAGE))


def test_a_release_keeps_the_face_and_changes_a_band() -> None:
    before, after = draw("acme/db", IMAGE), draw("acme/db", [*IMAGE[:-1], layer("entrypoint of the next release", 900)])

    assert formation_of(before.body) == formation_of(after.body)
    assert before.body != after.body
    assert before.bands[:-1] == after.bands[:-1]


def test_products_on_one_base_share_their_lowest_band_of_stone() -> None:
    one, other = draw("acme/db", IMAGE).bands[0], draw("fjord/vpn", [BASE, layer("vpn")]).bands[0]

    assert one.fill == other.fill
    assert one.fill in STONE


def test_own_layers_wear_the_formation() -> None:
    colours = {colour for f in PALETTES for colour in (*f.tones, f.accent)}

    assert {band.fill for band in draw("acme/db", IMAGE).bands[1:]} <= colours


def test_a_cover_without_texture_has_one_path_per_band() -> None:
    assert draw("acme/db", IMAGE, textured=False).body.count("<path") == 2 + len(IMAGE)


def test_a_big_layer_is_a_thick_band() -> None:
    bands = draw("acme/db", [layer("big", 500_000_000), layer("small", 500_000)]).bands

    assert bands[0].bottom - bands[0].top > bands[1].bottom - bands[1].top


@given(layers)
def test_any_layers_can_be_drawn(found: list[DrawnLayer]) -> None:
    drawn = draw("acme/db", found, width=60, height=60)

    assert len(drawn.bands) == min(len(found), MOST_BANDS)
    assert "nan" not in drawn.body
    # No style and no id: a strict policy forbids the one, many covers on a page the other.
    assert "style=" not in drawn.body
    assert "id=" not in drawn.body


@given(layers)
def test_merging_loses_no_byte_and_no_order(found: list[DrawnLayer]) -> None:
    merged = merge(found)

    assert len(merged) == min(len(found), MOST_BANDS)
    assert sum(one.size for one in merged) == sum(one.size for one in found)
    places = [[one.digest for one in found].index(one.digest) for one in merged]
    if len({one.digest for one in found}) == len(found):
        assert all(a < b for a, b in pairwise(places))


@given(layers, st.integers(1, 20))
def test_merging_takes_the_smallest_neighbours_first(found: list[DrawnLayer], most: int) -> None:
    merged = list(found)
    while len(merged) > most:
        pairs = range(len(merged) - 1)
        alike = [i for i in pairs if merged[i].own == merged[i + 1].own]
        i = min(alike or pairs, key=lambda i: merged[i].size + merged[i + 1].size)
        larger = max(merged[i : i + 2], key=lambda one: one.size)
        merged[i : i + 2] = [DrawnLayer(larger.digest, merged[i].size + merged[i + 1].size, larger.own)]

    assert merge(found, most) == merged


@given(layers)
def test_merging_in_two_steps_gives_what_one_gives(found: list[DrawnLayer]) -> None:
    assert merge(merge(found, 20)) == merge(found)


def test_the_work_of_merging_does_not_grow_with_the_square(monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(count: int) -> int:
        before = taken
        merge([layer(f"{n}", n % 97, own=n > 0) for n in range(count)])
        return taken - before

    taken = 0
    step = _Merging.step

    def counted(merging: _Merging) -> None:
        nonlocal taken
        taken += 1
        step(merging)

    monkeypatch.setattr(_Merging, "step", counted)

    assert steps(10_000) <= 11 * steps(1_000)


def test_merging_keeps_base_and_own_apart() -> None:
    many = [layer(f"base {n}", 100, own=False) for n in range(3)] + [layer(f"own {n}", 10_000) for n in range(20)]

    merged = merge(many)

    assert sum(one.size for one in merged if not one.own) == 300


@pytest.mark.parametrize("name", ["mira", "acme", ""])
def test_an_avatar_is_small_and_square(name: str) -> None:
    drawn = avatar(name)

    assert (drawn.width, drawn.height) == (60, 60)
    assert len(drawn.body) < 1200
    assert drawn == avatar(name)


def test_nothing_pushed_yet_is_dashed_lines() -> None:
    assert empty().count("stroke-dasharray") == 4
