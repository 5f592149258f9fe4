"""The library in the API."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from marketplace.library.selectors import library_of
from marketplace.library.serializers import LibraryEntrySerializer

_MOST_PAGES = 100_000

PAGE = OpenApiParameter("page", {"type": "integer", "minimum": 1, "maximum": _MOST_PAGES}, description="Which page; the first unless said.")


class LibraryViewSet(viewsets.ViewSet):
    """Your library, and your organisations'."""

    @extend_schema(parameters=[PAGE], responses=LibraryEntrySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the images that you or an organisation of yours holds or held, with their references and whether you can pull them now.

        A page has at most 50; after the last page the list is empty.
        """
        entries = cast("Any", library_of(asker(request), page=_page(request)))  # the stubs know no serializer of many plain objects
        return Response(LibraryEntrySerializer(entries, many=True).data)


def _page(request: Request) -> int:
    """Return the number of the requested page.

    Raises:
        ValidationError: it is not a valid page number.
    """
    field = IntegerField(min_value=1, max_value=_MOST_PAGES)
    try:
        return int(field.run_validation(request.query_params.get("page", "1")))
    except ValidationError as error:
        raise ValidationError({"page": error.detail}) from error
