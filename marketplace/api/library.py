"""What the asker holds."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.requests import asker
from marketplace.api.serializers import LibraryEntrySerializer
from marketplace.selectors.library import library_of


class LibraryViewSet(viewsets.ViewSet):
    """Your library, and your organisations'."""

    @extend_schema(responses=LibraryEntrySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List every image that you or an organisation of yours holds or held, with what docker pulls and whether it is let in now."""
        entries = cast("Any", library_of(asker(request)))  # the stubs know no serializer of many plain objects
        return Response(LibraryEntrySerializer(entries, many=True).data)
