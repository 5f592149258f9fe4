"""docs/scaling.md says what its model computes, and the model starts from the environments as they are."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.support.terraform import environment
from tools.bench.scaling import EGRESS, LEAST, SHOPS, Shop, by_steps, costs, load, processors, tables

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "scaling.md"


def test_the_document_shows_what_the_model_computes() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert tables() in text


@pytest.mark.parametrize("name", LEAST)
def test_the_least_that_runs_is_what_the_environment_says(name: str) -> None:
    (shop,) = [block["shop"] for block in environment(name)["module"]]
    sizes = [*shop["sizes"].values(), *(worker["size"] for worker in shop["workers"].values())]

    assert LEAST[name] == (
        sum(size["cpu"] * size["min"] for size in sizes) / 1024,
        sum(size["memory"] * size["min"] for size in sizes) / 1024,
    )


def test_traffic_is_paid_for_by_steps() -> None:
    assert by_steps(0, EGRESS) == 0
    assert by_steps(10, EGRESS) == pytest.approx(900)
    assert by_steps(60, EGRESS) == pytest.approx(900 + 40 * 85 + 10 * 70)


def test_through_a_cdn_no_layer_passes_the_edge() -> None:
    through, beside = SHOPS[-2:]

    assert (through.pulls, through.cdn, beside.cdn) == (beside.pulls, False, True)
    assert processors(beside)["registry"] == 0
    assert costs(beside)["network"] < costs(through)["network"] / 100
    assert load(beside)["GB/s out"] == load(through)["GB/s out"]


def test_a_small_shop_grows_within_the_tasks_that_its_environment_allows() -> None:
    (shop,) = [block["shop"] for block in environment("small")["module"]]
    used = processors(Shop(1e5, "small", 2))

    for part in ("edge", "registry", "web", "token", "inner"):
        size = shop["sizes"][part]
        assert used[part] < size["cpu"] / 1024 * size["max"] / 2, part  # half busy, in the busiest second
