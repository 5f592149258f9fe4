"""Input in its checked form."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def checked(serializer: type[Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return the request's body in the form that the serializer describes.

    Raises:
        ValidationError: it has another form; names the fields.
    """
    given = serializer(data=request.data, partial=partial, context={"request": request})
    given.is_valid(raise_exception=True)
    return cast("dict[str, Any]", given.validated_data)
