"""Find products by words, by image names and by filters."""

import re
from enum import StrEnum
from functools import reduce
from operator import or_
from uuid import UUID

from django.contrib.postgres.lookups import TrigramWordSimilar
from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable

from marketplace.products.models import Price, Product, ProductImage
from marketplace.search.references import find_references

_CONFIG = "english"
_LONGEST_QUERY = 200
_MOST_NAMES = 10  # that a pasted text may mean


class Sort(StrEnum):
    """In which order products are listed."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    POPULAR = "popular"
    PRICE = "price"


def search_products(
    *, query: str = "", category: str | None = None, free: bool | None = None, sort: Sort | None = None
) -> QuerySet[Product]:
    """Find offered products by words (typing errors are tolerated) and filters. Indexed; one query, or two if the text may name an image.

    Args:
        query: as people type it, or paste it from a terminal; quotes and a leading minus have their usual meaning
            (websearch_to_tsquery). An exact name comes first.
        category: slug of a shelf.
        free: True for free products, False for those with a price.
        sort: None: by relevance if there is a query, else the newest first.
    """
    text = query.replace("\x00", "").strip()
    products: QuerySet[Product] = Product.objects.offered()
    if text:
        products = _matching(products, text)
    if category:
        products = products.filter(category=category)
    if free is not None:
        amount = Q(amount=0) if free else Q(amount__gt=0)
        products = products.filter(Exists(_current_prices().filter(amount)))
    chosen = sort or (Sort.RELEVANCE if text else Sort.NEWEST)
    return products.order_by(*_order(chosen, by_words=bool(text)))


def _current_prices() -> QuerySet[Price]:
    return Price.objects.current().filter(product=OuterRef("pk"))


def _matching(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    repositories = [reference.repository for reference in find_references(text)[:_MOST_NAMES]]
    named = _products_called(repositories) if repositories else []
    phrases = [text[:_LONGEST_QUERY], *_phrase_of(repositories)]
    words = reduce(or_, (SearchQuery(phrase, config=_CONFIG, search_type="websearch") for phrase in phrases))
    hits = Q(search_document=words) | Q(pk__in=named)
    for phrase in phrases:
        # Similarity ignores quotes and exclusions, so a query with these is matched exactly.
        if not re.search(r'"|(^|\s)-', phrase):
            hits |= Q(TrigramWordSimilar(F("search_words"), Value(phrase)))
    rank = SearchRank(F("search_document"), words) + TrigramWordSimilarity(phrases[-1], "search_words")
    return products.filter(hits).annotate(exactness=_exactness(named, text), rank=rank)


def _phrase_of(repositories: list[str]) -> list[str]:
    """Return the words of the image names: the rest of a pasted command says nothing about what is being searched for."""
    return [" ".join(re.split(r"[^a-z0-9]+", " ".join(repositories)))[:_LONGEST_QUERY]] if repositories else []


def _products_called(repositories: list[str]) -> list[UUID]:
    """Return the products that contain an image with one of these names, or have one as their address."""
    addresses = Q()
    for namespace, _, slug in (repository.partition("/") for repository in repositories):
        addresses |= Q(namespace__name=namespace, slug=slug)
    holding = ProductImage.objects.filter(image__repository__in=repositories).values_list("product", flat=True)
    return list(holding.union(Product.objects.filter(addresses).values_list("pk", flat=True)))


def _exactness(named: list[UUID], text: str) -> Case:
    """Put what is called exactly so before what only speaks of it, however often: whole names, then names in a namespace and titles."""
    name = text.lower()
    holding = ProductImage.objects.filter(product=OuterRef("pk"), image__name=name)
    cases = [When(pk__in=named, then=Value(2))] if named else []
    cases.append(When(Q(slug=name) | Q(title__iexact=text) | Exists(holding), then=Value(1)))
    return Case(*cases, default=Value(0), output_field=IntegerField())


def _order(sort: Sort, *, by_words: bool) -> tuple[str | Combinable, ...]:
    newest = ("-published_at", "pk")
    if sort is Sort.POPULAR:
        return ("-pulls", *newest)
    if sort is Sort.PRICE:
        return (Subquery(_current_prices().values("amount")).asc(nulls_last=True), *newest)
    return ("-exactness", "-rank", *newest) if sort is Sort.RELEVANCE and by_words else newest
