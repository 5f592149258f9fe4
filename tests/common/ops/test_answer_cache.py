"""Answers that are given again: few, and not for long."""

from common.ops.answer_cache import AnswerCache


def test_an_answer_is_cached_until_its_time_and_no_longer():
    cache = AnswerCache[str](most=2)
    cache.put("a", "answer", until=10.0)

    assert (cache.get("a", now=9.9), cache.get("a", now=10.0), cache.get("b", now=0.0)) == ("answer", None, None)


def test_the_oldest_makes_room():
    cache = AnswerCache[int](most=2)
    for number in (1, 2, 1, 3):
        cache.put(number, number, until=1.0)

    assert [cache.get(number, now=0.0) for number in (1, 2, 3)] == [1, None, 3]
    assert len(cache) == 2
