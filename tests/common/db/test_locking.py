import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from common.db.errors import LockTimeout
from common.db.locking import locked_transaction, require_atomic, translate_violation
from common.db.models import JobLease
from common.errors import ConflictError


class NameTaken(ConflictError):
    code = "name_taken"


def _insert(name: str) -> None:
    JobLease.objects.create(name=name, held_until=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_a_programming_error() -> None:
    with pytest.raises(RuntimeError, match=r"inside transaction\.atomic"):
        require_atomic()


@pytest.mark.django_db(transaction=True)
def test_a_row_held_by_somebody_else_ends_in_a_retryable_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.db.locking.LOCK_TIMEOUT_MS", 50)
    _insert("job")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            JobLease.objects.select_for_update().get(name="job")
            held.set()
            done.wait(timeout=30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(timeout=30)
    try:
        with pytest.raises(LockTimeout) as caught, locked_transaction():
            require_atomic()
            JobLease.objects.select_for_update().get(name="job")
    finally:
        done.set()
        holder.join()
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (503, "busy", 5)


@pytest.mark.django_db
def test_a_violated_constraint_speaks_the_language_of_the_domain_and_leaves_the_transaction_usable() -> None:
    _insert("job")

    with pytest.raises(NameTaken), translate_violation("common_joblease_pkey", NameTaken("Taken.")):
        _insert("job2")
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO common_joblease (name, held_until) VALUES ('job', now())")

    assert list(JobLease.objects.values_list("name", flat=True)) == ["job"]


@pytest.mark.django_db
def test_another_constraint_is_not_swallowed() -> None:
    with pytest.raises(IntegrityError), translate_violation("some_other_name", NameTaken("Taken.")), connection.cursor() as cursor:
        cursor.execute("INSERT INTO common_joblease (name) VALUES ('job')")


@pytest.mark.django_db(transaction=True)
def test_a_database_error_that_is_no_lock_passes_unchanged() -> None:
    with pytest.raises(OperationalError), locked_transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)")


def _timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_lock_timeout_is_set_once_in_a_transaction(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(2):
        with transaction.atomic(), django_assert_num_queries(1):
            require_atomic()
            require_atomic()
    assert _timeout() == "0"


@pytest.mark.django_db(transaction=True)
def test_the_lock_timeout_is_set_again_after_its_savepoint_was_rolled_back() -> None:
    with transaction.atomic():
        with pytest.raises(NameTaken), transaction.atomic():
            require_atomic()
            raise NameTaken("Taken.")
        assert _timeout() == "0"
        with transaction.atomic():
            require_atomic()
        assert _timeout() == "5s"
        with pytest.raises(NameTaken), transaction.atomic():
            require_atomic()
            raise NameTaken("Taken.")
        assert _timeout() == "5s"
