"""Fails a test in which a transaction locks rows against the order of config/lock_order.py."""

from collections.abc import Hashable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.transaction import Atomic

from common.db.locking import about_to_lock
from config.lock_order import LOCK_ORDER

_held: WeakKeyDictionary[Atomic, dict[str, set[Hashable]]] = WeakKeyDictionary()


class LockedOutOfOrder(AssertionError):
    """Two transactions that lock these nouns in different orders can wait for each other."""


@pytest.fixture(autouse=True)
def rows_are_locked_in_order() -> Iterator[None]:
    """Watch every lock of a test."""
    about_to_lock.connect(compare_with_order, dispatch_uid="rows_are_locked_in_order")
    yield
    about_to_lock.disconnect(dispatch_uid="rows_are_locked_in_order")


def compare_with_order(sender: type[Model], rows: QuerySet[Any], *, waits: bool, **_: object) -> None:
    """Raise where a lock is waited for although a later noun is locked. Rows that are held already may be locked again."""
    noun, transaction = sender._meta.label, _transaction()
    if transaction is None:
        return
    if noun not in LOCK_ORDER:
        if waits:
            msg = f"{noun} is locked, but stands in no order: add it to config/lock_order.py."
            raise LockedOutOfOrder(msg)
        return
    if not rows.query.where and not rows.query.is_sliced:
        msg = f"All of {noun} would be locked: filter before locked()."
        raise LockedOutOfOrder(msg)
    held, keys = _held.setdefault(transaction, {}), _keys(rows)
    later = [other for other in held if LOCK_ORDER.index(other) > LOCK_ORDER.index(noun)]
    if waits and later and not keys <= held.get(noun, set()):
        msg = f"{noun} is locked after {later[0]}, which stands behind it in config/lock_order.py."
        raise LockedOutOfOrder(msg)
    held.setdefault(noun, set()).update(keys)


def _transaction() -> Atomic | None:
    """Return the outermost block that the code opened: the one in which a test lies itself is no transaction of the shop's."""
    return next((block for block in connection.atomic_blocks if not vars(block)["_from_testcase"]), None)


def _keys(rows: QuerySet[Any]) -> set[Hashable]:
    """Tell which rows are meant. Where the query does not name them, read it past Django, so that no test that counts queries counts this one."""
    named = _named(rows)
    if named is not None:
        return named
    try:
        sql, params = rows.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return set()
    with connection.connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {key for (key,) in cursor.fetchall()}


def _named(rows: QuerySet[Any]) -> set[Hashable] | None:
    """Return the primary keys that are all that a query asks for, as most that lock do; None of any other query."""
    where = rows.query.where
    if rows.query.is_sliced or where.negated or len(where.children) != 1:
        return None
    condition: Any = where.children[0]
    if (
        not isinstance(getattr(condition, "lhs", None), Col)
        or not condition.lhs.target.primary_key
        or condition.lhs.target.model is not rows.model
    ):
        return None
    if not isinstance(condition, Exact | In) or not condition.rhs_is_direct_value():
        return None
    return {condition.rhs} if isinstance(condition, Exact) else set(condition.rhs)
