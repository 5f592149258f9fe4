"""How far two words lie apart, as a hand on a keyboard sees it. Pure."""

from collections.abc import Iterable
from string import ascii_lowercase, digits
from typing import Final

LONG: Final = 6  # letters; from here on two errors are forgiven
_LETTERS: Final = ascii_lowercase + digits


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate that the word was most likely meant as, the first of several; or nothing, if none is near enough.

    Args:
        candidates: the likelier first.
    """
    most = 2 if len(word) >= LONG else 1
    distances = [(distance(word, other, most), other) for other in candidates]
    near = min((pair for pair in distances if pair[0] <= most), key=lambda pair: pair[0], default=(0, ""))
    return near[1]


def one_error_away(word: str) -> set[str]:
    """Return every text from which one error makes this word: a letter missing, too many or wrong, or exchanged with its neighbour."""
    letters = {*_LETTERS, *word}
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    fewer = {begin + end[1:] for begin, end in halves if end}
    other = {begin + letter + end[1:] for begin, end in halves if end for letter in letters}
    more = {begin + letter + end for begin, end in halves for letter in letters}
    exchanged = {begin + end[1] + end[0] + end[2:] for begin, end in halves if len(end) > 1}
    return (fewer | other | more | exchanged) - {word, ""}


def distance(first: str, second: str, most: int) -> int:
    """Return how many letters are missing, too many, wrong or exchanged with their neighbour; or `most + 1`, if there are more.

    The optimal string alignment distance (Damerau 1964).
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, last = last, current
    return min(last[-1], most + 1)
