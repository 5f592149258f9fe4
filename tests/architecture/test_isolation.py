"""No test meets what another left."""

import pytest
from django.db import connection
from django.test import TransactionTestCase

from accounts.people.models import User
from audit.models import AuditEvent
from marketplace.products.models import Category, Price
from tests.factories.marketplace import ProductFactory

SESSION = (
    "SET statement_timeout = 1000",
    "SELECT pg_advisory_lock(1)",
    "PREPARE left_behind AS SELECT 1",
    "CREATE TEMPORARY TABLE left_behind ()",
    "LISTEN left_behind",
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", SESSION)
def test_a_session_in_which_a_test_left_something_is_nobody_elses(statement: str) -> None:
    test = TransactionTestCase()
    connection.close()  # a test that does not commit may have left something in it: it keeps its connection
    assert not test._should_reload_connections()  # type: ignore[attr-defined]  # Django's own, which its stubs leave out

    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert test._should_reload_connections()  # type: ignore[attr-defined]  # Django's own, which its stubs leave out


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_leaves_what_the_migrations_made_and_nothing_else() -> None:
    made = list(Category.objects.order_by("pk").values())
    ProductFactory(category=Category.objects.first())
    assert Price.objects.exists()
    Category.objects.filter(products=None).delete()
    Category.objects.update(name="Another name")

    TransactionTestCase._fixture_teardown(TransactionTestCase())  # type: ignore[attr-defined]  # Django's own, which its stubs leave out

    assert made
    assert list(Category.objects.order_by("pk").values()) == made
    assert [model.__name__ for model in (User, AuditEvent, Price) if model.objects.exists()] == []
