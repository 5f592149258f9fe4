"""What the words of a search mean: forms that are known, what a typing error meant, and synonyms.

One statement for any number of words, and one or two more where some are typing errors.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from common.db.prepared_statements import PreparedStatement, array_literal
from marketplace.products.services.search_entries import SEARCH_CONFIG
from marketplace.search.spelling import LONG, nearest, one_error_away

LONGEST_QUERY: Final = 200  # characters
MOST_WORDS: Final = 12
_LONGEST_WORD: Final = 40
_FEWEST_LETTERS, _MOST_LETTERS = 3, 24  # of a word that may be a typing error of another one
_TERMS: Final = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>\w+(?:\.\w+)*))')
# Of each word: whether it says anything; its synonyms; whether products are called so, or begin so; and else, whether any product speaks
# of it. Planned once for each connection: that takes longer than running it.
_KNOW: Final = PreparedStatement(
    "search_know_words",
    types=("regconfig", "text[]"),
    text="""
SELECT typed.word,
       numnode(plainto_tsquery($1, typed.word)) > 0,
       ARRAY(SELECT DISTINCT other FROM marketplace_synonym same, unnest(same.words) AS other
              WHERE typed.word = ANY(same.words) AND other <> typed.word ORDER BY other LIMIT 20),
       named.found,
       begun.found,
       named.found OR begun.found OR EXISTS (SELECT FROM marketplace_searchentry WHERE document @@ plainto_tsquery($1, typed.word))
  FROM unnest($2) AS typed(word)
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM marketplace_knownword WHERE word = typed.word COLLATE "C") AS found) AS named
 CROSS JOIN LATERAL (SELECT NOT named.found AND length(typed.word) > 1 AND EXISTS (SELECT FROM marketplace_knownword
      WHERE word >= typed.word COLLATE "C" AND word < typed.word COLLATE "C" || U&'\\+10FFFF') AS found) AS begun
""",
)
# As a value that is not seen while it is planned: hundreds of them would be, for long, and then looked up by groups of letters.
_AMONG: Final = "SELECT word FROM marketplace_knownword WHERE word = ANY((SELECT %s::varchar[])::varchar[]) ORDER BY products DESC, word"
# Words that share most of their groups of three letters, or begin alike.
_ALIKE: Final = """
SELECT typed.word, ARRAY(SELECT word FROM (
           (SELECT word, products FROM marketplace_knownword WHERE word %% typed.word
             ORDER BY similarity(word, typed.word) DESC, products DESC LIMIT 20)
           UNION
           (SELECT word, products FROM marketplace_knownword
             WHERE word >= left(typed.word, 2) COLLATE "C" AND word < left(typed.word, 2) COLLATE "C" || U&'\\+10FFFF'
               AND length(word) BETWEEN length(typed.word) - 1 AND length(typed.word) + 1
             ORDER BY products DESC LIMIT 40)) AS alike ORDER BY products DESC)
  FROM unnest(%s::text[]) AS typed(word)
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase as it was typed."""

    words: tuple[str, ...]
    wanted: bool = True
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is looked for where a word was typed.

    Attributes:
        says_something: it is none of the words that every text has, like "for".
        begins: words in names begin with it, none is it, and it is no synonym.
        meant: what it was corrected to; empty if it was not.
    """

    word: str
    says_something: bool = True
    synonyms: tuple[str, ...] = ()
    begins: bool = False
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A search as PostgreSQL is asked, and how it came about.

    Attributes:
        tsquery: for `to_tsquery`; empty if the text has no word that says anything.
        corrections: what was typed, and what was looked for instead.
        synonyms: what was looked for as well.
        alone: the words that say something, if there are several: each may find more than all of them.
    """

    tsquery: str
    corrections: tuple[tuple[str, str], ...] = ()
    synonyms: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def understand(text: str) -> Query:
    """Return what to look for. Quotes hold words together and are taken as they are; a leading minus excludes."""
    terms = terms_of(text)
    typed = dict.fromkeys(word for term in terms if not term.phrase and term.wanted for word in term.words)
    meanings = {meaning.word: meaning for meaning in _meanings(list(typed))} if typed else {}
    said = [meaning for meaning in meanings.values() if meaning.says_something]
    return Query(
        tsquery=" & ".join(filter(None, (_asked(term, meanings) for term in terms))),
        corrections=tuple((meaning.word, meaning.meant) for meaning in said if meaning.meant),
        synonyms=tuple(dict.fromkeys(other for meaning in said for other in meaning.synonyms)),
        alone=tuple(meaning.meant or meaning.word for meaning in said) if len(said) > 1 else (),
    )


def terms_of(text: str) -> list[Term]:
    """Read a text into its terms: the first 12 of its first 200 characters."""
    found = []
    for part in _TERMS.finditer(text[:LONGEST_QUERY].lower()):
        phrase = part["phrase"] is not None
        words = tuple(re.findall(r"\w+", part["phrase"])) if phrase else (part["word"],)
        shortened = tuple(word[:_LONGEST_WORD] for word in words if word.strip("_"))
        if shortened:
            found.append(Term(shortened[:MOST_WORDS], wanted=not part["minus"], phrase=phrase))
    return found[:MOST_WORDS]


def _meanings(words: Sequence[str]) -> Iterator[Meaning]:
    rows = _KNOW.rows(SEARCH_CONFIG, array_literal(words))
    unknown = [word for word, says, synonyms, _, _, spoken_of in rows if says and not synonyms and not spoken_of]
    doubtful = [word for word in unknown if _FEWEST_LETTERS <= len(word) <= _MOST_LETTERS]
    meant = _mended(doubtful) if doubtful else {}
    for word, says_something, synonyms, _, begins, _ in rows:
        yield Meaning(word, says_something, tuple(synonyms), bool(begins and not synonyms), meant.get(word, ""))


def _mended(words: Sequence[str]) -> dict[str, str]:
    """Return what words were meant as that no product speaks of, one error away; and only if there is none, two errors away."""
    with connection.cursor() as cursor:
        cursor.execute(_AMONG, [array_literal(text for word in words for text in one_error_away(word))])
        known = [word for (word,) in cursor.fetchall()]
        meant = {word: nearest(word, known) for word in words}
        if far := [word for word in words if not meant[word] and len(word) >= LONG]:
            cursor.execute(_ALIKE, [far])
            meant |= {word: nearest(word, alike) for word, alike in cursor.fetchall()}
    return meant


def _asked(term: Term, meanings: dict[str, Meaning]) -> str:
    if term.phrase:
        asked = " <-> ".join(map(_quoted, term.words))
    elif not term.wanted:
        asked = _parts(term.words[0])
    else:
        meaning = meanings[term.words[0]]
        if not meaning.says_something:
            return ""
        first = _parts(meaning.meant or meaning.word) + (f" | {_quoted(meaning.word)}:*" if meaning.begins else "")
        asked = " | ".join([first, *map(_quoted, meaning.synonyms)])
    return f"({asked})" if term.wanted else f"!({asked})"


def _parts(word: str) -> str:
    """A word with dots as PostgreSQL keeps it, a host or a version, or as its parts, which is how names are stored."""
    parts = word.split(".")
    return _quoted(word) if len(parts) == 1 else f"({_quoted(word)} | ({' & '.join(map(_quoted, parts))}))"


def _quoted(word: str) -> str:
    return f"'{word}'"  # of letters, digits, underscores and dots alone: nothing in it ends the quotation
