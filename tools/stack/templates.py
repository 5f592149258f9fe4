"""Fill the files of deploy/ for one instance.

A gap is written `${LAYERSTORE_NAME}`: the same files are filled by `envsubst` in the official nginx image, and nginx's own `$host` stays.
"""

import re
from collections.abc import Mapping
from pathlib import Path

GAP = re.compile(r"\$\{(LAYERSTORE_[A-Z_]+)\}")


def fill(template: Path, values: Mapping[str, str]) -> str:
    """Return the template's text with its gaps filled.

    Raises:
        KeyError: the template has a gap that no value fills.
    """
    return GAP.sub(lambda gap: values[gap[1]], template.read_text())


def gaps(template: Path) -> set[str]:
    """Return the names that the template wants."""
    return set(GAP.findall(template.read_text()))
