"""Which image a pasted text is about."""

from django.conf import settings
from django.utils.translation import gettext

from common.errors import InvalidInput
from marketplace.search.references import LONGEST_TEXT, Reference, find_references

__all__ = ["LONGEST_TEXT", "NotAnImage", "Reference", "read_reference"]


class NotAnImage(InvalidInput):
    """The text names no image of ours. 422."""

    code = "not_an_image"
    field = "image"

    def __init__(self) -> None:
        message = gettext("Paste the name as docker takes it: {host}/NAMESPACE/IMAGE:TAG.")
        super().__init__(message.format(host=settings.LAYERSTORE_IMAGE_HOST))


def read_reference(text: str) -> Reference:
    """Return the image that the text most likely names.

    Raises:
        NotAnImage: it names none.
    """
    for reference in find_references(text):
        return reference
    raise NotAnImage
