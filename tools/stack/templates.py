"""Fill the files of deploy/ for one instance.

A gap is written `${LAYERSTORE_NAME}`; nginx's own `$host` stays. A line with `${each LAYERSTORE_NAME}` is repeated for each word of a comma
list, so an empty list leaves no line. `deploy/compose/start` does the same in an image.
"""

import re
from collections.abc import Mapping
from pathlib import Path

GAP = re.compile(r"\$\{(?:each )?(LAYERSTORE_[A-Z_]+)\}")
EACH = re.compile(r"^(.*)\$\{each (LAYERSTORE_[A-Z_]+)\}(.*\n)", re.MULTILINE)


def fill(template: Path, values: Mapping[str, str]) -> str:
    """Return the template's text with its gaps filled.

    Raises:
        KeyError: the template has a gap that no value fills.
    """
    repeated = EACH.sub(lambda line: "".join(f"{line[1]}{word}{line[3]}" for word in words(values[line[2]])), template.read_text())
    return GAP.sub(lambda gap: values[gap[1]], repeated)


def words(value: str) -> list[str]:
    """Return the words of a comma list."""
    return value.replace(",", " ").split()


def gaps(template: Path) -> set[str]:
    """Return the names that the template wants."""
    return set(GAP.findall(template.read_text()))
