"""Why nobody is mailed about new versions."""

from django.utils.translation import gettext

from common.errors import ConflictError


class NotInLibrary(ConflictError):
    """The user can pull no image of the product. 409."""

    code = "not_in_library"

    def __init__(self, *, title: str) -> None:
        message = gettext("{title} is not in your library. Mail about new versions is for those who can pull it.")
        super().__init__(message.format(title=title))
