"""The tests' own database: how a test that commits leaves it as the migrations made it."""

from django.db import connection
from django.test import TransactionTestCase

# Django's own rows about the models. They never differ, and `flush` would only make them anew.
LASTING = {"django_content_type", "auth_permission"}
_COLUMNS = """
SELECT table_name, string_agg(quote_ident(column_name), ', ')
  FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name
"""


def keep_what_migrations_made() -> None:
    """From now on a test that commits leaves exactly the rows of this moment, so that no test meets those of another.

    Django's `flush` takes the rows of migrations as well, and whichever test comes next misses them. It truncates: a new file for each
    table and each index, which takes longer than most of these tests.
    """
    restore = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA migrated")
        cursor.execute(_COLUMNS)
        columns = dict(cursor.fetchall())
        for table in _tables():
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if cursor.fetchone() == (True,):
                cursor.execute(f"CREATE TABLE migrated.{table} AS TABLE {table}")
                restore.append(f"INSERT INTO {table} ({columns[table]}) SELECT {columns[table]} FROM migrated.{table}")

    def leave(_: TransactionTestCase) -> None:
        # In one statement: keys between tables are looked at when all of it is done.
        parts = (f"_{number} AS (DELETE FROM {table})" for number, table in enumerate(_tables()))
        connection.ops.execute_sql_flush([f"WITH {', '.join(parts)} SELECT", *restore])

    TransactionTestCase._fixture_teardown = leave  # type: ignore[attr-defined]


def _tables() -> list[str]:
    """Return the tables of all models, also of those that a test has made."""
    return sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - LASTING)
