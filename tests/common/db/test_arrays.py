"""Arrays travel to prepared statements as text."""

import pytest

from common.db.prepared_statements import PreparedStatement, array_literal

ECHO = PreparedStatement("test_echo", types=("text[]",), text="SELECT $1")


@pytest.mark.django_db
@pytest.mark.parametrize("items", [[], ["a"], ["a,b", 'c"d', "e\\f", "{g}", " h ", "NULL", "", "%s", "'"]])
def test_an_array_arrives_as_it_was_sent(items):
    assert ECHO.rows(array_literal(items)) == [(items,)]
