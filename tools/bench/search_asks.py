"""Searches the database that the environment names, and prints as JSON what each kind of search took and how PostgreSQL runs it."""

import gc
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import mean, median, quantiles
from typing import Final

import django

django.setup()

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from marketplace.search import views
from marketplace.search.results import find
from marketplace.search.suggestions import suggest
from tools.bench.search_judged import JUDGED, ndcg
from tools.bench.search_rows import zipf
from tools.bench.search_words import FORMS, MANNERS, SOFTWARE

ASKS, WARM = 400, 40
Ask = tuple[str, Mapping[str, list[str]]]
_TABLES: Final = ("searchentry", "knownword", "search_know_words")
_CHOICES: Final = {
    "category": ["databases", "ai", "networking", "web"],
    "price": ["free", "paid"],
    "platform": ["linux/amd64", "linux/arm64"],
    "size": ["50", "250", "1000"],
    "licence": ["permissive", "copyleft"],
    "seller": ["verified"],
    "updated": ["30", "90", "365"],
}


def main() -> None:
    """Measure. argv: `judged`, for the measure of the order alone."""
    if sys.argv[1:] == ["judged"]:
        scores = [ndcg([one.slug for one in find(text=text, chosen={}, sort=None, page=None).products], JUDGED[text]) for text in JUDGED]
        json.dump({"searches": len(scores), "ndcg": mean(scores), "worst": min(scores)}, sys.stdout)
        return
    json.dump({name: _measure(asks) for name, asks in _lines().items()}, sys.stdout)


def _lines() -> dict[str, Callable[[random.Random], Ask]]:
    return {"words": _words, "prefix": _prefix, "typing error": _typing_error, "filters": _filters, "suggestions": _suggestions}


def _measure(ask: Callable[[random.Random], Ask]) -> dict[str, object]:
    chance = random.Random(11)
    asks = [ask(chance) for _ in range(ASKS)]
    run = _suggest if ask is _suggestions else _find
    for one in asks[:WARM]:
        run(one)
    gc.collect()
    gc.freeze()  # as the process that serves pages does
    took = [_milliseconds(run, one) for one in asks]
    page = _suggestions_view if ask is _suggestions else _page
    pages = [_milliseconds(page, one) for one in asks[:100]]
    statements = [len(list(_captured(run, one))) for one in asks[:WARM]]
    slow = max(zip(took, asks, strict=True), key=lambda pair: pair[0])[1]
    return {
        "median": median(took),
        "p99": quantiles(took, n=100)[98],
        "page": median(pages),
        "statements": [min(statements), max(statements)],
        "slowest": str(slow),
        "plans": [shape for sql in _captured(run, asks[0]) if (shape := _shape(sql))],
    }


def _words(chance: random.Random) -> Ask:
    forms = (zipf(chance, SOFTWARE), f"{zipf(chance, SOFTWARE)} {zipf(chance, FORMS)}", f"{zipf(chance, MANNERS)} {zipf(chance, SOFTWARE)}")
    return chance.choice(forms), {}


def _prefix(chance: random.Random) -> Ask:
    word = zipf(chance, [word for word in SOFTWARE if len(word) > 4])
    return word[: chance.randint(3, len(word) - 1)], {}


def _typing_error(chance: random.Random) -> Ask:
    word = zipf(chance, [word for word in SOFTWARE if len(word) > 4])
    at = chance.randint(1, len(word) - 2)
    wrong = (word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :], word[:at] + "q" + word[at + 1 :])
    return chance.choice(wrong), {}


def _filters(chance: random.Random) -> Ask:
    chosen = {name: [chance.choice(_CHOICES[name])] for name in chance.sample(sorted(_CHOICES), chance.randint(1, 3))}
    return (_words(chance)[0] if chance.random() < 0.7 else ""), chosen


def _suggestions(chance: random.Random) -> Ask:
    word = zipf(chance, SOFTWARE)
    return word[: chance.randint(2, len(word))], {}


def _find(ask: Ask) -> None:
    find(text=ask[0], chosen=ask[1], sort=None, page=None)


def _suggest(ask: Ask) -> None:
    suggest(ask[0])


def _page(ask: Ask) -> HttpResponse:
    return _answer(views.search, {"q": ask[0], **ask[1]})


def _suggestions_view(ask: Ask) -> HttpResponse:
    return _answer(views.suggestions, {"q": ask[0]})


def _answer(view: Callable[..., HttpResponse], parameters: Mapping[str, str | list[str]]) -> HttpResponse:
    request = RequestFactory().get("/search/", parameters)
    request.user = AnonymousUser()
    return view(request)


def _milliseconds(run: Callable[[Ask], object], ask: Ask) -> float:
    began = time.perf_counter()
    run(ask)
    return (time.perf_counter() - began) * 1000


def _captured(run: Callable[[Ask], object], ask: Ask) -> Iterator[str]:
    with CaptureQueriesContext(connection) as queries:
        run(ask)
    yield from (query["sql"] for query in queries.captured_queries)


def _shape(sql: str) -> str:
    """How a statement of the search itself is run, without what it is thought to cost and without its values."""
    if not any(table in sql for table in _TABLES):
        return ""
    # Settings, and the preparation of a statement, stand before it in the same message.
    before, _, statement = sql.rpartition("; ")
    with connection.cursor() as cursor:
        cursor.execute(f"{before}; EXPLAIN {statement}")
        lines = [re.sub(r"\s*\(cost=.*", "", line) for (line,) in cursor.fetchall()]
    return "\n".join(line for line in lines if "->" in line or line == lines[0])


if __name__ == "__main__":
    main()
