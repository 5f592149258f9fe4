import pytest
from django.db import connection

from common.db.plans import looked_up

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("jit", "enable_seqscan", "max_parallel_workers_per_gather", "enable_sort")
SETTINGS = "SELECT " + ", ".join(f"current_setting('{name}')" for name in NAMES)


def setting() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        found: tuple[str, ...] = cursor.fetchone()
        return found


def test_what_is_looked_up_is_planned_so_and_the_session_stays_as_it_is() -> None:
    before = setting()

    with looked_up():
        assert setting() == ("off", "off", "0", "on")
    with looked_up(sorting=False):
        assert setting() == ("off", "off", "0", "off")

    assert setting() == before
    assert before[1:] == ("on", "2", "on")
