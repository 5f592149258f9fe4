"""What somebody may be about to type: words that products are called by, and products. Four statements at most."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse

from common.db.plans import looked_up
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.search.query import ask
from marketplace.search.ranking import best_matches
from marketplace.search.words import LONGEST_QUERY

FEWEST_LETTERS: Final = 2
_WORDS, _PRODUCTS = 4, 5
_COMPLETE: Final = """
SELECT word FROM marketplace_knownword
 WHERE word >= %(begun)s COLLATE "C" AND word < %(begun)s COLLATE "C" || U&'\\+10FFFF' AND word <> %(begun)s
 ORDER BY products DESC, word LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way to go on.

    Attributes:
        label: the text, or the product's title.
        note: the product's name under which it is pulled; empty for words.
        url: the search for these words, or the product's page.
    """

    label: str
    note: str
    url: str


@looked_up()
def suggest(text: str) -> list[Suggestion]:
    """Return up to four words that begin so and up to five products, the likeliest first; nothing for less than two letters."""
    typed = " ".join(text.replace("\x00", "").split())[:LONGEST_QUERY]
    if len(typed) < FEWEST_LETTERS:
        return []
    return [*_words(typed), *_products(typed)]


def _words(typed: str) -> list[Suggestion]:
    lower = typed.lower()
    head = re.sub(r"\w+\Z", "", lower)
    begun = lower[len(head) :]
    if not begun:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, {"begun": begun, "most": _WORDS})
        texts = [head + word for (word,) in cursor.fetchall()]
    return [Suggestion(text, "", f"{reverse('marketplace:search')}?{urlencode({'q': text})}") for text in texts]


def _products(typed: str) -> Sequence[Suggestion]:
    keys = best_matches(ask(typed), {}, begin=0, most=_PRODUCTS)
    found = Product.objects.offered().filter(pk__in=keys).select_related("namespace").only("title", "slug", "namespace__name")
    loaded = {product.pk: product for product in found}
    several = [loaded[pk] for pk in keys if pk in loaded]
    return [Suggestion(product.title, f"{product.namespace.name}/{product.slug}", product_url(product)) for product in several]
