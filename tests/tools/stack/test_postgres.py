"""The shop's role is its database's owner and nothing else, here as in production."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_shop_is_no_superuser_of_its_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchall() == [("layerstore", False, False, False, False)]
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
        assert cursor.fetchall() == [("layerstore",)]
