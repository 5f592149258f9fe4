"""How the words of a search are read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from marketplace.search.models import KnownWord, Synonym
from marketplace.search.spelling import distance, nearest, one_error_away
from marketplace.search.words import MOST_WORDS, Term, terms_of, understand
from tests.factories.marketplace import ProductFactory


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("Postgres HA", [Term(("postgres",)), Term(("ha",))], id="words"),
        pytest.param('"key value" -redis', [Term(("key", "value"), phrase=True), Term(("redis",), wanted=False)], id="quotes and a minus"),
        pytest.param('-"a b"', [Term(("a", "b"), wanted=False, phrase=True)], id="not a phrase"),
        pytest.param("key-value", [Term(("key",)), Term(("value",))], id="a hyphen is no minus"),
        pytest.param('"open', [Term(("open",), phrase=True)], id="a quote without its end"),
        pytest.param("node.js 1.2", [Term(("node.js",)), Term(("1.2",))], id="dots"),
        pytest.param("' \" -- & | ! ( ___ %", [], id="signs"),
        pytest.param("größe 東京", [Term(("größe",)), Term(("東京",))], id="other alphabets"),
        pytest.param("x" * 5_000, [Term(("x" * 40,))], id="endless"),
    ],
)
def test_a_text_is_read_into_terms(text: str, terms: list[Term]) -> None:
    assert terms_of(text) == terms


def test_only_so_many_words_are_read() -> None:
    assert len(terms_of("a " * 90)) == MOST_WORDS


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("redis", "redis", 0),
        ("redi", "redis", 1),
        ("reddis", "redis", 1),
        ("rediz", "redis", 1),
        ("reids", "redis", 1),
        ("posgtrse", "postgres", 2),
        ("mysql", "redis", 3),
        ("a", "abcdef", 3),
    ],
)
def test_words_lie_as_far_apart_as_a_hand_errs(first: str, second: str, apart: int) -> None:
    assert distance(first, second, 2) == distance(second, first, 2) == apart


def test_the_nearest_word_is_meant_and_the_likelier_of_two() -> None:
    assert nearest("reids", ["rights", "redis", "reads"]) == "redis"
    assert nearest("rediz", ["redit", "redis"]) == "redit"
    assert nearest("pots", ["boats", "puts"]) == "puts"
    assert nearest("kafka", ["mysql"]) == ""


@given(st.text("abz9é", min_size=1, max_size=6))
def test_what_is_one_error_away_is_that_and_all_of_it(word: str) -> None:
    away = one_error_away(word)

    assert {distance(word, other, 1) for other in away} == {1}
    assert {word[1:], word + "x", f"q{word[1:]}", word[:-2] + word[-1] + word[-2:-1]} - {word, ""} <= away


@pytest.fixture
def known(db: None) -> None:
    KnownWord.objects.bulk_create(
        KnownWord(word=word, products=n) for n, word in enumerate(("postgres", "postgresql", "redis", "cache"), 1)
    )
    ProductFactory(title="Cache", description="Embeddings for breakfast.")


@pytest.mark.parametrize(
    ("text", "tsquery"),
    [
        pytest.param("redis", "('redis')", id="known"),
        pytest.param("post", "('post' | 'post':*)", id="a beginning"),
        pytest.param("reids", "('redis')", id="a typing error"),
        pytest.param("k8s", "('k8s' | 'kube' | 'kubernetes')", id="a synonym of what no product is called"),
        pytest.param("postgres", "('postgres' | 'pg' | 'postgresql')", id="synonyms"),
        pytest.param("embeddings", "('embeddings')", id="in a description"),
        pytest.param("redis for the cache", "('redis') & ('cache')", id="words that say nothing"),
        pytest.param("redis -cache", "('redis') & !('cache')", id="not that"),
        pytest.param('"redis cache"', "('redis' <-> 'cache')", id="a phrase"),
        pytest.param("redis.io", "(('redis.io' | ('redis' & 'io')))", id="dots"),
        pytest.param("zzzzqq", "('zzzzqq')", id="nothing like it"),
        pytest.param("posgtrse", "('postgres')", id="two typing errors"),
        pytest.param("zz", "('zz')", id="too short for an error"),
        pytest.param("postgres" * 4, f"('{'postgres' * 4}')", id="too long for one"),
        pytest.param("for", "", id="nothing that says something"),
    ],
)
def test_each_word_becomes_what_it_means(known: None, text: str, tsquery: str) -> None:
    assert understand(text).tsquery == tsquery


def test_it_is_told_what_was_understood(known: None) -> None:
    query = understand("reids postgres")

    assert query.corrections == (("reids", "redis"),)
    assert query.synonyms == ("pg", "postgresql")
    assert query.alone == ("redis", "postgres")
    assert understand("redis").alone == ()


def test_staff_change_what_means_the_same(known: None) -> None:
    Synonym.objects.create(words=["redis", "valkey"])

    assert understand("valkey").tsquery == "('valkey' | 'redis')"


def test_any_number_of_words_takes_one_statement_and_two_more_with_typing_errors(known: None) -> None:
    numbers = " ".join(map(str, range(40)))
    for text, statements in (("redis", 1), (f"redis {numbers}", 1), (f"reids {numbers}", 2), ("posgtrse", 3), ("%", 0), ('"redis"', 0)):
        with CaptureQueriesContext(connection) as queries:
            understand(text)
        assert len(queries) == statements
