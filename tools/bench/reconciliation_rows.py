"""Reserves the name whose tags `script/bench reconciliation` lists (`reserve`), and says how many were written (`written`)."""

import sys

import django

django.setup()

from marketplace.images.models import Tag
from tools.bench.rows import make_image, make_namespace


def reserve() -> str:
    """Reserve a name that nothing is pushed to."""
    return make_image(make_namespace()).repository


def written() -> int:
    """Count the tags."""
    return Tag.objects.count()


if __name__ == "__main__":
    sys.stdout.write(str({"reserve": reserve, "written": written}[sys.argv[1]]()))
