"""Time limits for SQL statements, in each process that others wait for: PostgreSQL cancels longer ones, and the log names them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from common.db.pooling import sessions_are_shared

logger = logging.getLogger(__name__)
_CONNECT_SECONDS: Final = 3
_QUERY_CANCELED: Final = "57014"  # PostgreSQL manual, appendix A
_LONGEST_LOGGED: Final = 1_000
_OF_SAVEPOINTS: Final = ("SAVEPOINT ", "ROLLBACK TO ", "RELEASE ")


def limit_statements(seconds: int) -> None:
    """Limit each statement on the connections that this process opens from now on. A statement's wait for locks counts.

    The limit is a connection parameter, so it costs no query and holds whatever the session does. Where a pooler shares sessions, it
    goes with each statement instead, in the same message, and ends with the transaction.
    """
    options: dict[str, Any] = connections.settings["default"]["OPTIONS"]
    options.setdefault("connect_timeout", _CONNECT_SECONDS)
    if sessions_are_shared():
        connection_created.connect(partial(_limit_each, seconds), weak=False, dispatch_uid="common.db.statements.each")
    else:
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds * 1000}".strip()
    connection_created.connect(_watch, dispatch_uid="common.db.statements")


def was_cancelled(error: BaseException | None) -> bool:
    """Whether a database error means that a statement took too long."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) == _QUERY_CANCELED


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _name_if_cancelled not in connection.execute_wrappers:
        connection.execute_wrappers.append(_name_if_cancelled)


def _limit_each(seconds: int, connection: BaseDatabaseWrapper, **_: object) -> None:
    limit = _Limit(seconds)
    if limit not in connection.execute_wrappers:
        connection.execute_wrappers.append(limit)


@dataclass(frozen=True, slots=True)
class _Limit:
    """Sets the limit in front of a statement, for its transaction alone; outside of one, the two make one.

    Source: PostgreSQL manual, "Multiple Statements in a Simple Query".

    A transaction that an error has aborted takes nothing but its savepoint's end, so those go without.
    """

    seconds: int

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
        if many or sql.startswith(_OF_SAVEPOINTS):
            return execute(sql, params, many, context)
        return execute(f"SET LOCAL statement_timeout = {self.seconds * 1000}; {sql}", params, many, context)


def _name_if_cancelled(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
    try:
        return execute(sql, params, many, context)
    except OperationalError as error:
        if was_cancelled(error):
            # Without its parameters, which may be personal data.
            logger.error("statement took too long and was cancelled", extra={"statement": sql[:_LONGEST_LOGGED]})  # noqa: TRY400  the caller handles it
        raise
