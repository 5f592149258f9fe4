"""Errors of credentials for docker."""

from django.utils.translation import gettext

from common.errors import AccessDenied, InvalidInput


class NothingToPull(AccessDenied):
    """A credential would be for no image, or for one that it could not pull or push. 403."""

    code = "nothing_to_pull"
    field = "images"

    def __init__(self) -> None:
        super().__init__(gettext("Choose images that you can pull or push: your own, and those in your library."))


class LimitedTokenUsesNoApi(InvalidInput):
    """The API reaches past the images that a token is limited to. 422."""

    code = "limited_token_uses_no_api"
    field = "images"

    def __init__(self) -> None:
        super().__init__(gettext("A token for the API covers all images. Leave out the API, or choose no images."))
