"""The policy's facts for many subjects at once, for a page that asks about each of its rows. `access_facts` asks for one."""

import json
from collections.abc import Sequence

from django.db import connection

from marketplace.entitlements.policy import FACTS_COLUMNS, FACTS_TEXT, Facts, Subject, askable

_TEXT = """
WITH subject AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s) AS asked (number int, account_ids uuid[], editing_ids uuid[], limited_by uuid, names text[]))
SELECT number, {columns} FROM subject CROSS JOIN LATERAL ({facts} OFFSET 0) facts
"""


def facts_of_each(asked: Sequence[tuple[Subject, str]]) -> list[Facts | None]:
    """Return the facts for each subject and repository, in the order of the questions; None where nobody holds the name.

    One query for any number. `sold_at`, which decides nothing, is left empty.
    """
    questions = [
        {
            "number": number,
            "account_ids": subject.account_ids,
            "editing_ids": subject.editing_ids,
            "limited_by": subject.limited_by,
            "names": askable([repository]),
        }
        for number, (subject, repository) in enumerate(asked)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _TEXT.format(columns=FACTS_COLUMNS, facts=FACTS_TEXT.format(names="subject.names")), [json.dumps(questions, default=str)]
        )
        found = {number: Facts(*facts) for number, _, *facts in cursor.fetchall()}
    return [found.get(number) for number in range(len(asked))]
