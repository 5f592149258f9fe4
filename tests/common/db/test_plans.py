import pytest
from django.db import connection

from common.db.plans import looked_up

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = "SELECT current_setting('jit'), current_setting('enable_seqscan'), current_setting('max_parallel_workers_per_gather')"


def setting() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        found: tuple[str, ...] = cursor.fetchone()
        return found


def test_what_is_looked_up_is_planned_so_and_the_session_stays_as_it_is() -> None:
    before = setting()

    with looked_up():
        assert setting() == ("off", "off", "0")

    assert setting() == before != ("off", "off", "0")
