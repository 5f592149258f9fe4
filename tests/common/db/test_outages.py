import logging

import pytest
from django.db import connection
from django.db.models.signals import pre_delete

from common.db.models import Outage
from common.db.outages import FailureRun, begin_outage, end_outage, outages

pytestmark = pytest.mark.django_db


def _names() -> list[tuple[str, str]]:
    return [(outage.dependency, outage.reason) for outage in outages()]


def test_rows_of_one_origin_never_make_an_outage() -> None:
    run = FailureRun("registry")

    assert not any(run.failed(origin="acme", kind="answers 500") for _ in range(100))
    assert _names() == []


def test_different_rows_that_fail_alike_mean_that_it_is_away(caplog: pytest.LogCaptureFixture) -> None:
    run = FailureRun("registry")

    with caplog.at_level(logging.ERROR):
        assert [run.failed(origin=origin, kind="answers 500") for origin in ("a", "b", "c", "d")] == [False, False, True, True]

    assert _names() == [("registry", "answers 500")]
    assert [record.message for record in caplog.records] == ["dependency away"]


def test_different_failures_are_the_rows_own() -> None:
    run = FailureRun("registry")

    assert not any(run.failed(origin=origin, kind=f"answers {code}") for origin, code in (("a", 500), ("b", 404), ("c", 413)))


def test_a_success_between_them_says_that_it_is_there() -> None:
    run = FailureRun("registry")
    run.failed(origin="a", kind="answers 500")
    run.failed(origin="b", kind="answers 500")

    run.succeeded()

    assert not run.failed(origin="c", kind="answers 500")


def test_a_success_of_a_later_run_calls_the_alarm_off() -> None:
    run = FailureRun("mail")
    assert any(run.failed(origin=origin, kind="hangs") for origin in "abc")

    FailureRun("mail").succeeded()

    assert _names() == []


def test_what_answers_calls_off_its_own_alarms(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("stripe", "stripe key", "mail"):
        begin_outage(name, reason="hangs")

    end_outage("stripe", "stripe key", "registry")

    assert _names() == [("mail", "hangs")]
    assert sorted(record.dependency for record in caplog.records if record.message == "dependency is back") == ["stripe", "stripe key"]  # type: ignore[attr-defined]  # of `extra`


def test_whoever_finds_that_another_has_called_it_off_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    begin_outage("stripe", reason="hangs")

    def other_process(**_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM common_outage")

    pre_delete.connect(other_process, sender=Outage)
    try:
        end_outage("stripe")
    finally:
        pre_delete.disconnect(other_process, sender=Outage)

    assert (_names(), [record.message for record in caplog.records]) == ([], ["dependency away"])
