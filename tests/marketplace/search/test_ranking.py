"""What comes first, as a person who knows the field would have it."""

import json
from statistics import mean

import pytest

from marketplace.search.results import find
from marketplace.search.services import count_known_words
from tests.factories.marketplace import NamespaceFactory, ProductFactory, PushedImageFactory
from tools.bench.search_judged import JUDGED, SHOP, ndcg

LEAST, ON_AVERAGE = 0.6, 0.95


@pytest.fixture
def judged_shop(db: None) -> None:
    namespace = NamespaceFactory(name="judged")
    for one in SHOP:
        image = PushedImageFactory(namespace=namespace, name=one.slug, pull_count=one.pulls)
        texts = {"title": one.title, "summary": one.summary, "description": one.description, "category_id": one.category}
        ProductFactory(namespace=namespace, slug=one.slug, images=[image], **texts)
    count_known_words()


def test_what_is_wanted_comes_first(judged_shop: None) -> None:
    scores = {text: ndcg([one.slug for one in find(text=text, chosen={}, sort=None, page=None).products], JUDGED[text]) for text in JUDGED}

    print(f"NDCG@5 of {len(scores)} searches: {mean(scores.values()):.3f}")  # noqa: T201  shown by pytest -s
    assert len(scores) >= 40
    assert mean(scores.values()) >= ON_AVERAGE, json.dumps({text: round(score, 2) for text, score in scores.items() if score < 1})
    assert {text: score for text, score in scores.items() if score < LEAST} == {}


def test_the_measure_knows_good_from_bad() -> None:
    judged = {"a": 3, "b": 1}

    assert ndcg(["a", "b"], judged) == 1
    assert ndcg(["x", "a", "b"], judged) < ndcg(["b", "a"], judged) < 1
    assert ndcg(["v", "w", "x", "y", "z", "a"], judged) == 0
