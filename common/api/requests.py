"""What a request to the API carries, validated."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def checked(serializer: type[Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return the request's body as the serializer validated it.

    Raises:
        ValidationError: the body is not valid; names the fields.
    """
    body = serializer(data=request.data, partial=partial, context={"request": request})
    body.is_valid(raise_exception=True)
    return cast("dict[str, Any]", body.validated_data)
