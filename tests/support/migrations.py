"""What a migration must not do while the version before it still serves: django-migration-linter's rules for PostgreSQL, and three of ours."""

import re
from collections.abc import Sequence
from unittest import mock

from django.db import connection
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.state import ProjectState
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser


def _made_here(statements: Sequence[str]) -> set[str]:
    return {found[1] for statement in statements if (found := re.match(r'CREATE TABLE ("[^"]+")', statement))}


def _checks_all_rows(statements: Sequence[str], **_: object) -> bool:
    """Whether a constraint is added to a table that has rows, and is checked at once: nobody writes, or reads, until all rows are looked at."""
    added = (
        re.match(r'ALTER TABLE ("[^"]+") ADD CONSTRAINT .*(?:CHECK|FOREIGN KEY|EXCLUDE)', each)
        for each in statements
        if "NOT VALID" not in each
    )
    return any(found[1] not in _made_here(statements) for found in added if found)


def _requires_value(statements: Sequence[str], **_: object) -> bool:
    """Whether a column begins to require a value: the version before writes rows without one, and all rows are read for it."""
    return any(re.search(r"ALTER COLUMN .* SET NOT NULL", each) for each in statements)


class Analyser(PostgresqlAnalyser):
    """The linter's checks and ours. Its warnings, of indexes that keep writers out, are faults here as well."""

    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        Check(
            "CHECKS_ALL_ROWS",
            _checks_all_rows,
            "ADD CONSTRAINT reads all rows under a lock: NOT VALID first, validate in a later migration",
            CheckMode.TRANSACTION,
            CheckType.ERROR,
        ),
        Check(
            "SET_NOT_NULL",
            _requires_value,
            "SET NOT NULL: the version before writes rows without a value",
            CheckMode.TRANSACTION,
            CheckType.ERROR,
        ),
    ]


def faults_of(migration: Migration, before: ProjectState) -> list[str]:
    """Return what would break or hold up the version before, a code each: empty if the migration may run beside it.

    Args:
        before: how the models are before it; afterwards, how they are after it.
    """
    # Nothing is executed, so it does not matter that a test is in a transaction; an index made concurrently asks whether one is open.
    with (
        mock.patch.object(connection, "in_atomic_block", migration.atomic),
        connection.schema_editor(collect_sql=True, atomic=False) as editor,
    ):
        migration.apply(before, editor, collect_sql=True)
    statements = [line for line in editor.collected_sql if line and not line.startswith("--")]
    errors, _, warnings = analyse_sql_statements(Analyser, ["BEGIN", *statements] if migration.atomic else statements)
    return [each.code for each in (*errors, *warnings)] + _of_data(migration)


def _of_data(migration: Migration) -> list[str]:
    """Rows that are rewritten in one transaction with changes of tables keep the tables locked all the while."""
    rewrites = [each for each in migration.operations if isinstance(each, RunPython)]
    others = [each for each in migration.operations if not isinstance(each, RunPython | RunSQL)]
    return ["DATA_WITH_TABLES"] if rewrites and others and migration.atomic else []
