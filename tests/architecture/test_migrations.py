"""A migration runs while the version before it still serves: it breaks nothing that that version does, and makes nobody wait."""

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveField,
    RemoveIndex,
    RenameField,
    RunPython,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.support.migrations import faults_of

pytestmark = pytest.mark.django_db

# The first release begins with these: there is no version before them.
FIRST = {"marketplace": "0003"}
# What drops or requires something that an earlier release stopped using or began to fill: say which.
EXCUSED: dict[str, list[str]] = {
    # Whatever keeps to one current price for a product, as the version before does, keeps to one in each currency and to one that leads.
    "marketplace.0027_one_current_price_in_each_currency": ["ADD_UNIQUE"],
    # These ask for less than the two that they replace.
    "marketplace.0032_one_current_price_for_currency_and_interval": ["ADD_UNIQUE"],
    "marketplace.0038_one_current_price_for_edition": ["ADD_UNIQUE"],
    # The table is made there and is empty; the linter takes a list within an index's condition for a part of the table's name.
    "billing.0026_upgrades_of_subscriptions": ["CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"],
}
OURS = {"accounts", "audit", "billing", "common", "marketplace", "outbox", "registry_auth"}

shelf = CreateModel(
    "Shelf",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=20)),
        ("note", models.CharField(max_length=20, null=True)),
    ],
    options={"indexes": [models.Index(fields=["note"], name="shelf_note")]},
)
book = CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("shelf", models.ForeignKey("library.Shelf", models.CASCADE))])
wide = models.CheckConstraint(condition=models.Q(title__gt=""), name="shelf_title")


def migration(*operations: Operation, atomic: bool = True) -> Migration:
    planted = type("Planted", (Migration,), {"operations": list(operations), "atomic": atomic})
    made: Migration = planted("planted", "library")
    return made


@pytest.fixture
def before() -> ProjectState:
    state = ProjectState()
    shelf.state_forwards("library", state)
    return state


REFUSED: dict[str, list[Operation]] = {
    "DROP_COLUMN": [RemoveField("shelf", "note")],
    "RENAME_COLUMN": [RenameField("shelf", "note", "remark")],
    "NOT_NULL": [AddField("shelf", "width", models.IntegerField(default=1))],
    "ALTER_COLUMN": [AlterField("shelf", "title", models.IntegerField())],
    "SET_NOT_NULL": [AlterField("shelf", "note", models.CharField(max_length=20, default=""))],
    "CREATE_INDEX": [AddIndex("shelf", models.Index(fields=["title"], name="shelf_title_idx"))],
    "DROP_INDEX": [RemoveIndex("shelf", "shelf_note")],
    "CHECKS_ALL_ROWS": [AddConstraint("shelf", wide)],
    "ADD_UNIQUE": [AddConstraint("shelf", models.UniqueConstraint(fields=["title"], name="one_title"))],
    "DATA_WITH_TABLES": [AddField("shelf", "width", models.IntegerField(null=True)), RunPython(RunPython.noop, RunPython.noop)],
}
ALLOWED: dict[str, tuple[list[Operation], bool]] = {
    "a column that may be empty": ([AddField("shelf", "width", models.IntegerField(null=True))], True),
    "a column with a default in the database": ([AddField("shelf", "width", models.IntegerField(db_default=1))], True),
    "a table, and what refers to another": ([book], True),
    "an index that keeps nobody out": ([AddIndexConcurrently("shelf", models.Index(fields=["title"], name="shelf_title_idx"))], False),
    "an index that goes without keeping anybody out": ([RemoveIndexConcurrently("shelf", "shelf_note")], False),
    "a constraint for new rows": ([AddConstraintNotValid("shelf", wide)], True),
    "rows alone": ([RunPython(RunPython.noop, RunPython.noop)], True),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_migration_that_the_version_before_would_feel_is_found(code: str, before: ProjectState) -> None:
    assert code in faults_of(migration(*REFUSED[code]), before)


@pytest.mark.parametrize("what", ALLOWED)
def test_a_migration_that_it_does_not_feel_is_not(what: str, before: ProjectState) -> None:
    operations, atomic = ALLOWED[what]

    assert faults_of(migration(*operations, atomic=atomic), before) == []


def is_later(app: str, name: str) -> bool:
    return app in OURS and name[:4] > FIRST.get(app, "0001")


def test_no_migration_since_the_first_release_breaks_or_holds_up_the_version_before() -> None:
    graph = MigrationLoader(connection, replace_migrations=False).graph
    in_order = dict.fromkeys(key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf))

    state, faults = ProjectState(), {}  # one walk, as when a database is migrated: each migration leaves the state for the next
    for key in in_order:
        if is_later(*key):
            faults[".".join(key)] = faults_of(graph.nodes[key], state)
        else:
            graph.nodes[key].mutate_state(state, preserve=False)

    assert {name: found for name, found in faults.items() if found} == EXCUSED
