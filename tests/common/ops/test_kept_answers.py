"""Answers that are given again: few, and not for long."""

from common.ops.kept_answers import KeptAnswers


def test_an_answer_is_kept_until_its_time_and_no_longer():
    kept = KeptAnswers[str](most=2)
    kept.keep("a", "answer", until=10.0)

    assert (kept.get("a", now=9.9), kept.get("a", now=10.0), kept.get("b", now=0.0)) == ("answer", None, None)


def test_the_oldest_makes_room():
    kept = KeptAnswers[int](most=2)
    for number in (1, 2, 1, 3):
        kept.keep(number, number, until=1.0)

    assert [kept.get(number, now=0.0) for number in (1, 2, 3)] == [1, None, 3]
    assert len(kept) == 2
