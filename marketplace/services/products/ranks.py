"""How products rank by their pulls is added up apart from requests: a page that ranks them reads a number of each."""

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from marketplace.models import Product, ProductImage


def add_up_pulls() -> int:
    """Write down of each product how often its images were pulled. Return how many have another number than before."""
    parts = ProductImage.objects.filter(product=OuterRef("pk")).order_by().values("product").annotate(sum=Sum("image__pull_count"))
    pulls = Coalesce(Subquery(parts.values("sum")), 0)
    return Product.objects.annotate(now=pulls).exclude(pulls=F("now")).update(pulls=pulls)
