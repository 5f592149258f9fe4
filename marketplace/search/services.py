"""The words that the search knows are counted, and staff say which of them mean the same."""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.people.models import User
from audit.services import record_audit, require_reason
from marketplace.images.ownership import require_staff
from marketplace.products.services.search_entries import SEARCH_CONFIG
from marketplace.search.errors import InvalidSynonym
from marketplace.search.models import Synonym

_FEWEST: Final = 2
# Words that every text has are not suggested. Rows that say the number already are not written.
_COUNT: Final = """
WITH spelled AS (
    SELECT word COLLATE "C" AS word, count(*) AS products FROM marketplace_searchentry, unnest(words) AS word GROUP BY 1
), counted AS MATERIALIZED (
    SELECT word, products FROM spelled WHERE numnode(plainto_tsquery(%s, word)) > 0
), gone AS (
    DELETE FROM marketplace_knownword known WHERE NOT EXISTS (SELECT FROM counted WHERE counted.word = known.word)
)
INSERT INTO marketplace_knownword AS known (word, products) SELECT word, products FROM counted
    ON CONFLICT (word) DO UPDATE SET products = excluded.products WHERE known.products <> excluded.products
"""


def count_known_words() -> int:
    """Count in how many offered products each word stands, and forget the words that none has. Return how many numbers changed."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [SEARCH_CONFIG])
        return int(cursor.rowcount)


def add_synonym(*, words: str, reason: str, actor: User) -> Synonym:
    """Let words mean the same from the next search on.

    Args:
        words: two to ten, separated by commas or spaces.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        InvalidSynonym: too few or too many words, or one has other signs than letters and digits.
    """
    require_staff(actor)
    require_reason(reason)
    synonym = Synonym(words=_read(words))
    _check(synonym)
    with transaction.atomic():
        synonym.save(force_insert=True)
        record_audit(actor=actor, action="synonym.added", target=synonym, reason=reason, words=synonym.words)
    return synonym


def change_synonym(*, synonym: Synonym, words: str, reason: str, actor: User) -> Synonym:
    """Replace the words that mean the same.

    Raises:
        NotYours, ReasonMissing, InvalidSynonym: as in `add_synonym`.
    """
    require_staff(actor)
    require_reason(reason)
    before, synonym.words = synonym.words, _read(words)
    _check(synonym)
    with transaction.atomic():
        synonym.save(update_fields=["words"])
        record_audit(actor=actor, action="synonym.changed", target=synonym, reason=reason, before=before, words=synonym.words)
    return synonym


def remove_synonym(*, synonym: Synonym, reason: str, actor: User) -> None:
    """Let words mean different things again.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
    """
    require_staff(actor)
    require_reason(reason)
    with transaction.atomic():
        record_audit(actor=actor, action="synonym.removed", target=synonym, reason=reason, words=synonym.words)
        synonym.delete()


def _read(words: str) -> list[str]:
    return list(dict.fromkeys(re.split(r"[\s,]+", words.strip().lower())))


def _check(synonym: Synonym) -> None:
    if len(synonym.words) < _FEWEST:
        raise InvalidSynonym
    try:
        synonym.clean_fields()
    except ValidationError as error:
        raise InvalidSynonym from error
