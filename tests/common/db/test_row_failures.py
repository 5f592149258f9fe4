"""What goes wrong with one row stops no other."""

import logging

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from common.db.errors import LockTimeout
from common.db.row_failures import isolate_failure


def _raising(error: Exception) -> None:
    raise error


def test_what_went_through_is_handed_on() -> None:
    assert isolate_failure(lambda: 7, row="seven") == 7


@pytest.mark.parametrize(("error", "level"), [(LockTimeout(), logging.INFO), (ValueError("nobody thought of this"), logging.ERROR)])
def test_one_bad_row_stops_no_other(error: Exception, level: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert isolate_failure(lambda: _raising(error), row="acme/db") is None

    assert [(record.levelno, vars(record)["row"]) for record in caplog.records] == [(level, "acme/db")]


@pytest.mark.parametrize("error", [OperationalError("away"), SoftTimeLimitExceeded()])
def test_what_is_no_rows_fault_ends_the_loop(error: Exception) -> None:
    with pytest.raises(type(error)):
        isolate_failure(lambda: _raising(error), row="acme/db")
