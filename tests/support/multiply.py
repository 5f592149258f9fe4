"""Rows in thousands, made by PostgreSQL from one row each, so that a test of what a large shop costs need not wait for them."""

from django.db import connection
from django.db.models import Field, Model

# Every foreign key of one column: Django makes no other.
_KEYS = """
SELECT conrelid::regclass, own.attname, confrelid::regclass, other.attname FROM pg_constraint
  JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = conkey[1]
  JOIN pg_attribute other ON other.attrelid = confrelid AND other.attnum = confkey[1]
 WHERE contype = 'f' AND conparentid = 0
"""


def key(name: str) -> str:
    """Return the SQL of a primary key that is the same for the same name and number, so that copies can refer to copies."""
    return f"md5('{name} ' || n)::uuid"


def multiply(row: Model, numbers: range, name: str = "", /, **changes: str) -> None:
    """Insert a copy of a row for each number.

    Args:
        name: gives the copies `key(name)`; without one their keys are random, or the table's own.
        changes: SQL by column, in which `n` is the number; the others are the row's.
    """
    keys = {row._meta.pk.column: key(name) if name else "gen_random_uuid()"} if row._meta.pk.get_internal_type() == "UUIDField" else {}
    columns = [field.column for field in row._meta.local_concrete_fields if _is_written(field)]
    values = [(keys | changes).get(column, f'template."{column}"') for column in columns]
    table, names, pk = row._meta.db_table, ", ".join(f'"{column}"' for column in columns), row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} template, generate_series(%s, %s) n"
            f' WHERE template."{pk}" = %s',
            [numbers.start, numbers.stop - 1, row.pk],
        )


def _is_written(field: "Field[object, object]") -> bool:
    return not field.generated and field.get_internal_type() not in {"AutoField", "BigAutoField"}


def dangling() -> list[str]:
    """Return the columns in which some row names a row that is not there: those of copies are checked at the end, which never comes."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS)
        counts = " UNION ALL ".join(
            f"SELECT '{table}.{column}' WHERE EXISTS (SELECT FROM {table} AS own LEFT JOIN {other} AS other ON other.{to} = own.{column}"
            f" WHERE own.{column} IS NOT NULL AND other.{to} IS NULL)"
            for table, column, other, to in cursor.fetchall()
        )
        cursor.execute(counts)
        return [name for (name,) in cursor.fetchall()]
