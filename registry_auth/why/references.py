"""Finding the image in what people paste: a name, a command, or the line that docker printed."""

import re
from dataclasses import dataclass

from django.conf import settings

from common.errors import InvalidInput
from marketplace.names import COMPONENT

LONGEST_TEXT = 2_000
# distribution-spec v1.1, "Pulling manifests": <name>, then <tag> or <digest>.
_PART = COMPONENT.replace("(", "(?:")
_NAME = rf"(?P<repository>{_PART}/{_PART})(?:(?::|/manifests/)(?P<tag>\w[\w.-]{{0,127}}))?(?P<digest>@sha256:[0-9a-f]{{64}})?"
_ALONE = re.compile(_NAME, re.ASCII)


class NotAnImage(InvalidInput):
    """The text names no image of ours. 422."""

    code = "not_an_image"
    field = "image"

    def __init__(self) -> None:
        super().__init__(f"Paste the name as docker takes it: {settings.LAYERSTORE_IMAGE_HOST}/NAMESPACE/IMAGE:TAG.")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image of ours as somebody named it.

    Attributes:
        tag: empty when a digest says which one is meant.
    """

    repository: str
    tag: str

    @property
    def text(self) -> str:
        """What docker pulls."""
        return f"{settings.LAYERSTORE_IMAGE_HOST}/{self.repository}" + (f":{self.tag}" if self.tag else "")


def read_reference(text: str) -> Reference:
    """Return the image that the text names: anywhere behind our host, or the last word of it.

    Raises:
        NotAnImage: there is none.
    """
    shown = text[:LONGEST_TEXT]
    words = shown.split()
    with_host = re.search(rf"(?<![\w.-]){re.escape(settings.LAYERSTORE_IMAGE_HOST)}/(?:v2/)?{_NAME}", shown, re.ASCII)
    found = with_host or _ALONE.fullmatch(words[-1] if words else "")
    if found is None:
        raise NotAnImage
    return Reference(found["repository"], "" if found["digest"] else found["tag"] or "latest")
