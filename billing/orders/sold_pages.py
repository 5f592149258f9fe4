"""What a product's page said when it was sold."""

from hashlib import sha256
from json import dumps

from billing.orders.models import SoldPage
from marketplace.products.models import Product

_TEXTS = ("summary", "description", "licence_name", "licence_text")


def keep_page(product: Product) -> str:
    """Keep what the product's page says now, in the caller's transaction; return its key, which is the same for the same words."""
    texts = {name: getattr(product, name) for name in _TEXTS}
    key = sha256(dumps(texts).encode()).hexdigest()
    SoldPage.objects.bulk_create([SoldPage(pk=key, **texts)], ignore_conflicts=True)
    return key
