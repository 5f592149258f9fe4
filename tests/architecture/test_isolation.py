"""No test meets what another left."""

import pytest
from django.test import TransactionTestCase

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.products.models import Category, Price
from tests.factories.marketplace import ProductFactory


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_leaves_what_the_migrations_made_and_nothing_else() -> None:
    made = list(Category.objects.order_by("pk").values())
    ProductFactory(category=Category.objects.first())
    assert Price.objects.exists()
    Category.objects.filter(products=None).delete()
    Category.objects.update(name="Another name")

    TransactionTestCase._fixture_teardown(TransactionTestCase())  # type: ignore[attr-defined]

    assert made
    assert list(Category.objects.order_by("pk").values()) == made
    assert [model.__name__ for model in (User, AuditEvent, Price) if model.objects.exists()] == []
