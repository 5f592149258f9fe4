"""var/demo.json: what the demo made, for people and programs that go on from there."""

import json
from pathlib import Path
from typing import Any

from tools.stack.instance import Instance, write_private

Record = dict[str, Any]


def file_of(instance: Instance) -> Path:
    """Return where the record is."""
    return instance.var / "demo.json"


def read(instance: Instance) -> Record | None:
    """Return the record of a demo that was made here, or None."""
    file = file_of(instance)
    return json.loads(file.read_text()) if file.exists() else None


def write(instance: Instance, record: Record) -> None:
    """Write the record, readable by its owner alone. From now on the sale counts as made."""
    write_private(file_of(instance), json.dumps(record, indent=2, ensure_ascii=False) + "\n")


def sold_image(record: Record) -> dict[str, Any]:
    """Return the image whose sale the demo showed: the first that its buyer bought."""
    buyer = record["buyer"]["username"]
    return next(image for image in record["images"] if buyer in image["bought_by"])
