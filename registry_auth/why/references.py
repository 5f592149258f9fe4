"""Which image a pasted text is about."""

from django.conf import settings

from common.errors import InvalidInput
from marketplace.search.references import LONGEST_TEXT, Reference, find_references

__all__ = ["LONGEST_TEXT", "NotAnImage", "Reference", "read_reference"]


class NotAnImage(InvalidInput):
    """The text names no image of ours. 422."""

    code = "not_an_image"
    field = "image"

    def __init__(self) -> None:
        super().__init__(f"Paste the name as docker takes it: {settings.LAYERSTORE_IMAGE_HOST}/NAMESPACE/IMAGE:TAG.")


def read_reference(text: str) -> Reference:
    """Return the image that the text most likely names.

    Raises:
        NotAnImage: it names none.
    """
    for reference in find_references(text):
        return reference
    raise NotAnImage
