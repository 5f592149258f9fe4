"""Whose a product is, and what a refusal must leave as it was."""

import pytest

from audit.models import AuditEvent
from marketplace.products.models import Edition, EditionImage, Price, Product, ProductImage


def owner(product):
    return product.seller.account.user


def snapshot():
    tables = (Product, ProductImage, Edition, EditionImage, Price, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def refused(refusal, act, **asked):
    before = snapshot()
    with pytest.raises(refusal) as error:
        act(**asked)
    assert snapshot() == before
    return error.value
