"""The text that the search reads, stored with the product."""

import re

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from marketplace.products.models import Product

SEARCH_CONFIG = "english"
_LONGEST_WORDS = 2_000
_LONGEST_DESCRIPTION = 5_000  # characters; the text of each match is read to rank it


def index_product(product: Product) -> None:
    """Write the product's search document. Title and repositories count most, then the summary, then the description.

    Whatever changes one of these calls it in the same transaction.
    """
    repositories = " ".join(product.images.order_by("repository").values_list("repository", flat=True))
    parts = " ".join(re.split(r"[^a-z0-9]+", f"{repositories} {product.slug}"))  # PostgreSQL would take a/b-c for a file path
    Product.objects.filter(pk=product.pk).update(
        search_words=f"{product.title} {parts}"[:_LONGEST_WORDS],
        search_document=SearchVector(Value(product.title), Value(parts), weight="A", config=SEARCH_CONFIG)
        + SearchVector(Value(product.summary), weight="B", config=SEARCH_CONFIG)
        + SearchVector(Value(product.description[:_LONGEST_DESCRIPTION]), weight="D", config=SEARCH_CONFIG),
    )
