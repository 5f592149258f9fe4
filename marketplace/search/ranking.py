"""What comes first in a search: names before what only speaks of them, and a little what many use. One statement, whatever is found."""

from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet

from marketplace.products.models import SearchEntry
from marketplace.products.services.search_entries import SEARCH_CONFIG
from marketplace.search.facets import Chosen, narrowed
from marketplace.search.query import Question, words_of
from marketplace.search.words import LONGEST_QUERY

RANKED: Final = 300  # so many are compared, and can be listed
_EXACT: Final = 50
_WEIGHTS: Final = "{0.1, 0.2, 0.4, 1.0}"  # of D, C, B and A
_A_SALE: Final = 20  # pulls
_POPULARITY: Final = 0.02  # a thousand pulls lift a product by a seventh of a word in its title
_COLUMNS: Final = ("product_id", "names", "pulls", "sales", "published_at")
# Each part is begun only if those before it have not found enough, and leaves out what they have found.
_BEST: Final = f"""
WITH exact AS MATERIALIZED (
    SELECT found.*, 1 + (product_id = ANY(%s::uuid[]))::int AS first FROM ({{exact}}) AS found
     WHERE product_id = ANY(%s::uuid[]) OR names @@ to_tsquery(%s, %s)
), called AS MATERIALIZED (
    SELECT found.*, 0 AS first FROM ({{called}}) AS found WHERE product_id NOT IN (SELECT product_id FROM exact)
), spoken_of AS (
    SELECT found.*, -1 AS first FROM ({{spoken_of}}) AS found
     WHERE product_id NOT IN (SELECT product_id FROM exact) AND product_id NOT IN (SELECT product_id FROM called)
), best AS (
    SELECT * FROM exact UNION ALL SELECT * FROM called UNION ALL SELECT * FROM spoken_of LIMIT {RANKED}
)
SELECT product_id FROM best
 ORDER BY first DESC,
          ts_rank(%s, names, to_tsquery(%s, %s)) + ln((pulls + sales * {_A_SALE} + 1)::float) * {_POPULARITY} DESC,
          published_at DESC, product_id
 LIMIT %s OFFSET %s
"""  # noqa: S608  made of constants, and of what Django makes of query sets


def best_matches(question: Question, chosen: Chosen, *, begin: int, most: int) -> list[UUID]:
    """Return the products for a question in words, the best first.

    What is called exactly so comes before what only speaks of it, however often: whole names, then names in a namespace and titles.
    Compared are 300: exact names, then what has the words in title, names and summary, then in its description, of each kind those that
    most people use. So a word that every other product has costs hardly more than a rare one.
    """
    entries, words = narrowed(SearchEntry.objects.all(), chosen), words_of(question)
    exactly = Q(called__contains=[question.name[:LONGEST_QUERY]]) | Q(pk__in=question.named)
    exact, of_exact = _most_used(entries.filter(exactly), _EXACT)
    called, of_called = _most_used(entries.filter(names=words), RANKED + _EXACT)
    spoken_of, of_spoken_of = _most_used(entries.filter(document=words), 2 * RANKED + _EXACT)
    named, asked = list(question.named), (SEARCH_CONFIG, question.query.tsquery)
    values = (named, *of_exact, named, *asked, *of_called, *of_spoken_of, _WEIGHTS, *asked, most, begin)
    with connection.cursor() as cursor:
        cursor.execute(_BEST.format(exact=exact, called=called, spoken_of=spoken_of), values)
        return [product for (product,) in cursor.fetchall()]


def _most_used(entries: QuerySet[SearchEntry], most: int) -> tuple[str, tuple[Any, ...]]:
    used = (F("pulls") + F("sales") * _A_SALE).desc()
    return entries.order_by(used).values_list(*_COLUMNS)[:most].query.sql_with_params()
