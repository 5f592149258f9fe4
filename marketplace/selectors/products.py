"""Products as people look for them."""

import re
from enum import StrEnum

from django.contrib.postgres.lookups import TrigramWordSimilar
from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable

from marketplace.models import Price, Product, ProductImage

_CONFIG = "english"
_LONGEST_QUERY = 200


class Sort(StrEnum):
    """In which order products are listed."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    POPULAR = "popular"
    PRICE = "price"


def search_products(
    *, query: str = "", category: str | None = None, free: bool | None = None, sort: Sort | None = None
) -> QuerySet[Product]:
    """Find what can be had, by words (a typing error is forgiven) and filters. Indexed; one query.

    Args:
        query: as people type it; quotes and a leading minus mean what they mean elsewhere (websearch_to_tsquery).
        category: slug of a shelf.
        free: True for free products, False for those with a price.
        sort: by relevance if there is a query and by newest otherwise, unless said.
    """
    text = query.replace("\x00", "").strip()[:_LONGEST_QUERY]
    products = _offered()
    if text:
        products = _matching(products, text)
    if category:
        products = products.filter(category=category)
    if free is not None:
        amount = Q(amount=0) if free else Q(amount__gt=0)
        products = products.filter(Exists(_current_prices().filter(amount)))
    chosen = sort or (Sort.RELEVANCE if text else Sort.NEWEST)
    return products.order_by(*_order(chosen, by_words=bool(text)))


def _offered() -> QuerySet[Product]:
    """What a shelf shows: published, with nothing taken down in it."""
    down = ProductImage.objects.filter(product=OuterRef("pk"), image__taken_down_at__isnull=False)
    return Product.objects.published().filter(~Exists(down))


def _current_prices() -> QuerySet[Price]:
    return Price.objects.current().filter(product=OuterRef("pk"))


def _matching(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    words = SearchQuery(text, config=_CONFIG, search_type="websearch")
    hits = Q(search_document=words)
    # A near miss knows nothing of quotes and of what shall not be there: somebody who writes these means what they write.
    if not re.search(r'"|(^|\s)-', text):
        hits |= Q(TrigramWordSimilar(F("search_words"), Value(text)))
    rank = SearchRank(F("search_document"), words) + TrigramWordSimilarity(text, "search_words")
    return products.filter(hits).annotate(rank=rank)


def _order(sort: Sort, *, by_words: bool) -> tuple[str | Combinable, ...]:
    newest = ("-published_at", "pk")
    if sort is Sort.POPULAR:
        pulls = ProductImage.objects.filter(product=OuterRef("pk")).order_by().values("product").annotate(sum=Sum("image__pull_count"))
        return (Subquery(pulls.values("sum")).desc(nulls_last=True), *newest)
    if sort is Sort.PRICE:
        return (Subquery(_current_prices().values("amount")).asc(nulls_last=True), *newest)
    return ("-rank", *newest) if sort is Sort.RELEVANCE and by_words else newest
