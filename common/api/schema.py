"""What every operation of the API may answer besides success: problem documents, described once."""

from http import HTTPStatus
from typing import Any

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs, e.g. image_name_already_reserved."},
        "detail": {"type": "string", "description": "For people: what happened and what to do."},
        "errors": {
            "type": "object",
            "description": "By field, where fields are at fault.",
            "additionalProperties": {},
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_EVERYWHERE = (400, 401, 403, 404, 405, 406, 429, 503)
_WITH_BODY = (409, 415, 422)
_METHODS = {"get", "post", "put", "patch", "delete"}


def document_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the problem answers to each operation (a drf-spectacular postprocessing hook)."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for method in _METHODS & operations.keys():
            for status in _EVERYWHERE if method == "get" else _EVERYWHERE + _WITH_BODY:
                operations[method]["responses"].setdefault(str(status), _response(status))
    return result


def _response(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
