"""The API's OpenAPI document, made once in a process, and the same as a person reads it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

Schema = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_FORMATS = {"uuid": "UUID", "date-time": "date and time (RFC 3339)", "date": "date", "uri": "address", "email": "e-mail address"}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one member of an object.

    Attributes:
        kind: its type in words.
        noun: the object that it is, or is a list of; empty for plain values.
    """

    name: str
    kind: str
    noun: str
    note: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be done at one address.

    Attributes:
        parameters: in the address and the query.
        body: what is sent; none for what sends nothing.
        answer: name of the object that comes back; empty where nothing does.
        problems: statuses of problem documents.
    """

    name: str
    method: str
    path: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    status: str
    answer: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noun:
    """An object that operations answer with."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything, for one page: operations by subject, and the objects they speak of."""

    introduction: str
    subjects: Mapping[str, tuple[Operation, ...]]
    nouns: tuple[Noun, ...]


@cache
def openapi_document() -> Schema:
    """Return the OpenAPI document, in English. The same for everybody, so it is made once in a process; the caller leaves it as it is."""
    with translation.override(settings.LANGUAGE_CODE):
        document: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the library's
        return document


@cache
def reference() -> Reference:
    """Return the document as its page shows it."""
    with translation.override(settings.LANGUAGE_CODE):
        return _reference(openapi_document())


def _reference(document: Schema) -> Reference:
    subjects: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                made = _operation(document, path, method, operations[method])
                subjects.setdefault(_title(operations[method]["tags"][0]), []).append(made)
    nouns = (_noun(document, name) for name, schema in document["components"]["schemas"].items() if _is_shown(name, schema))
    return Reference(document["info"]["description"], {name: tuple(several) for name, several in subjects.items()}, tuple(nouns))


def _is_shown(name: str, schema: Schema) -> bool:
    """Tell whether it is an object of its own: bodies stand with their operations, pages are lists, an enumeration is a kind."""
    return "properties" in schema and not name.endswith("Request") and not name.startswith("Paginated")


def _title(tag: str) -> str:
    return tag.replace("-", " ").capitalize()


def _operation(document: Schema, path: str, method: str, operation: Schema) -> Operation:
    status = next(code for code in operation["responses"] if code.startswith("2"))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = operation["responses"][status].get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        description=operation.get("description", ""),
        parameters=tuple(_parameters(document, operation.get("parameters", ()))),
        body=tuple(_members(document, _resolved(document, body))),
        status=status,
        answer=_noun_of(document, answer),
        problems=tuple(code for code in operation["responses"] if not code.startswith("2")),
    )


def _parameters(document: Schema, parameters: Iterable[Schema]) -> Iterable[Field]:
    for one in parameters:
        schema = one["schema"]
        # Of an enumeration the words stand in its kind already.
        note = "" if "enum" in schema else one.get("description", "")
        yield Field(one["name"], _kind(document, schema), "", note, required=bool(one.get("required")))


def _noun(document: Schema, name: str) -> Noun:
    schema = document["components"]["schemas"][name]
    return Noun(name, schema.get("description", ""), tuple(_members(document, schema)))


def _members(document: Schema, schema: Schema) -> Iterable[Field]:
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        note = "" if "enum" in _resolved(document, member) else member.get("description", "")
        yield Field(name, _kind(document, member), _noun_of(document, member), note, required=name in required)


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Follow a reference; several in one are rare, and the first one names the object."""
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", ()) if "$ref" in part), None)
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def _noun_of(document: Schema, schema: Schema) -> str:
    """Return the name of the object that a schema is, or is a list or a page of."""
    part = next((one for one in (schema, *schema.get("allOf", ())) if "$ref" in one), None)
    if part is None:
        return _noun_of(document, schema["items"]) if "items" in schema else ""
    name, target = str(part["$ref"].rpartition("/")[2]), _resolved(document, part)
    if name.startswith("Paginated"):
        return _noun_of(document, target["properties"]["results"])
    return name if _is_shown(name, target) else ""


def _kind(document: Schema, schema: Schema) -> str:
    target = _resolved(document, schema)
    if "enum" in target:
        words = " or ".join(f'"{value}"' for value in target["enum"] if value not in {"", None})
    elif target.get("type") == "array":
        words = f"list of {_kind(document, target['items'])}"
    elif "format" in target and target["format"] in _FORMATS:
        words = _FORMATS[target["format"]]
    else:
        plain = str(target.get("type", "value"))
        words = {"string": "text", "boolean": "true or false", "integer": "number"}.get(plain, plain)
    words += _bounds(target)
    return f"{words}, or null" if schema.get("nullable") else words


def _bounds(schema: Schema) -> str:
    longest, most, least = schema.get("maxLength"), schema.get("maximum"), schema.get("minimum")
    if longest:
        return f", at most {longest:,} characters"
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    return f" from {least:,}" if least is not None else ""
