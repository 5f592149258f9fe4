"""Pages of the API."""

from uuid import UUID

from rest_framework import exceptions, pagination
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """Pages that stay correct while rows are added: newest first, at most 100 at a time."""

    ordering = "-id"  # UUIDv7: by time of creation
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        """Return where the page begins.

        Raises:
            NotFound: the cursor is none of ours.
        """
        cursor = super().decode_cursor(request)
        try:
            if cursor is not None and cursor.position is not None:
                UUID(str(cursor.position))
        except ValueError as error:
            raise exceptions.NotFound(self.invalid_cursor_message) from error
        return cursor
