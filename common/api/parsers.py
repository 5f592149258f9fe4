"""Parses what the API is sent."""

from typing import IO, Any

from django.utils.translation import gettext
from rest_framework import exceptions, parsers

from common.web.request_checks import is_storable_json


class ReadableJSONParser(parsers.JSONParser):
    """Parses JSON and refuses what cannot be stored, once for all fields."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the document.

        Raises:
            ParseError: it is none, it is nested without end, or holds what no text and no number can be.
        """
        try:
            document = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError(gettext("The document is nested too deeply.")) from error
        if not is_storable_json(document):
            sentence = gettext("The document holds a character zero, half a character (a lone surrogate), or an infinite number.")
            raise exceptions.ParseError(sentence)
        return document
