"""Checks a request against the SDK's own typed parameter dictionaries, and refuses in Stripe's words.

The dictionaries (`stripe.params.*`) are generated from Stripe's specification, so what they do not know, Stripe
does not know either. Values arrive as strings and leave with their type.
"""

import re
import types
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions as te
from stripe import _request_options
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from tools.sandbox.errors import InvalidParams, InvalidRequest

INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]{1,12})?\Z")
# the request options are inherited, and so are the names in their annotations
INHERITED_NAMES = vars(_request_options) | {"StripeContext": str}
METADATA_PAIRS, METADATA_KEY, METADATA_VALUE = 50, 40, 500


@cache
def fields(shape: type) -> dict[str, tuple[Any, bool]]:
    """Name → (type, required) of a parameter dictionary, without the SDK's own request options."""
    hints = te.get_type_hints(shape, localns=INHERITED_NAMES, include_extras=True)
    if issubclass(shape, dict) and RequestOptions in te.get_original_bases(shape):
        hints = {name: hint for name, hint in hints.items() if name not in RequestOptions.__annotations__}
    return {name: _field(hint) for name, hint in hints.items()}


def _field(hint: Any) -> tuple[Any, bool]:
    optional = get_origin(hint) is te.NotRequired
    return (get_args(hint)[0] if optional else hint), not optional


def check(values: dict[str, Any], shape: type, path: str = "") -> dict[str, Any]:
    """The same parameters with their types.

    Raises:
        InvalidParams: unknown, missing, mistyped or out of its set; names the parameter in bracket notation.
    """
    known = fields(shape)
    _refuse_unknown([_under(path, name) for name in values if name not in known])
    for name, (_, required) in known.items():
        if required and name not in values:
            param = _under(path, name)
            raise InvalidParams(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return {name: _convert(value, known[name][0], _under(path, name)) for name, value in values.items()}


def _refuse_unknown(names: list[str]) -> None:
    if names:
        plural = "s" if len(names) > 1 else ""
        message = f"Received unknown parameter{plural}: {', '.join(names)}"
        raise InvalidParams(message, code="parameter_unknown", param=names[0])


def _under(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _convert(value: Any, hint: Any, param: str) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _convert_union(value, get_args(hint), param)
    if origin is Literal:
        return _one_of(value, get_args(hint), param)
    if origin is list:
        return _convert_list(value, get_args(hint)[0], param)
    if origin is dict:
        return _convert_map(value, get_args(hint)[1], param)
    if te.is_typeddict(hint):
        return check(_group(value, param), hint, param)
    return _convert_plain(value, hint, param)


def _convert_union(value: Any, members: tuple[Any, ...], param: str) -> Any:
    """`Literal[…] | str` is a closed set at Stripe's side; `Literal['']` beside something means "may be unset"."""
    literals = [item for member in members if get_origin(member) is Literal for item in get_args(member)]
    others = [m for m in members if get_origin(m) is not Literal and m is not type(None) and not _is_object_alias(m)]
    if isinstance(value, str) and value in literals:
        return value
    choices = [item for item in literals if item != ""]
    if choices and set(others) <= {str}:
        return _one_of(value, tuple(choices), param)
    groups = [member for member in others if te.is_typeddict(member) or get_origin(member) in {list, dict}]
    plain = [member for member in others if member not in groups]
    fitting = groups if groups and (isinstance(value, dict | list) or not plain) else plain
    return _convert(value, fitting[0], param)


def _is_object_alias(member: Any) -> bool:
    """UntypedStripeObject stands beside Dict for people who pass an object back; on the wire both are the same."""
    return get_origin(member) is UntypedStripeObject or member is UntypedStripeObject


def _one_of(value: Any, choices: tuple[Any, ...], param: str) -> Any:
    if value in choices:
        return value
    words = [str(choice) for choice in choices]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, or {words[-1]}"
    raise InvalidParams(f"Invalid {param}: must be one of {listed}", param=param)


def _group(value: Any, param: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidParams("Invalid object", param=param)
    return value


def _convert_list(value: Any, item: Any, param: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidParams("Invalid array", param=param)
    return [_convert(entry, item, f"{param}[{index}]") for index, entry in enumerate(value)]


def _convert_map(value: Any, item: Any, param: str) -> dict[str, Any]:
    # {"0": "x"} arrives as a list, because it looks like one
    pairs = {str(index): entry for index, entry in enumerate(value)} if isinstance(value, list) else value
    group = _group(pairs, param)
    if len(group) > METADATA_PAIRS:
        raise InvalidParams(f"You can only set up to {METADATA_PAIRS} keys in metadata.", param=param)
    return {key: _convert_pair(key, entry, item, _under(param, key)) for key, entry in group.items()}


def _convert_pair(key: str, value: Any, item: Any, param: str) -> Any:
    if len(key) > METADATA_KEY:
        raise InvalidParams(f"Metadata keys can have up to {METADATA_KEY} characters.", param=param)
    if value == "":
        return ""  # unsets the key
    converted = _convert(value, item, param)
    if isinstance(converted, str) and len(converted) > METADATA_VALUE:
        length = f"{METADATA_VALUE} characters, but you passed in a value that is {len(converted)} characters."
        raise InvalidParams(f"Metadata values can have up to {length} Invalid value: {converted}", param=param)
    return converted


def _convert_plain(value: Any, hint: Any, param: str) -> Any:
    if hint is Any:
        return value  # a file: who takes it judges it
    if not isinstance(value, str):
        raise InvalidParams(f"Invalid {'integer' if hint is int else 'string'}: {value}", param=param)
    if value == "":
        message = (
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a field; however"
            f" '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value."
        )
        raise InvalidParams(message, code="parameter_invalid_empty", param=param)
    if hint is int:
        return _integer(value, param)
    if hint is bool:
        return _one_of_bool(value, param)
    if hint is not str and not DECIMAL.match(value):
        raise InvalidParams(f"Invalid decimal: {value}", param=param)
    return value


def _integer(value: str, param: str) -> int:
    if not INTEGER.match(value):
        raise InvalidParams(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    return int(value)


def _one_of_bool(value: str, param: str) -> bool:
    if value not in {"true", "false"}:
        raise InvalidParams(f"Invalid boolean: {value}", param=param)
    return value == "true"


def refuse_others(params: dict[str, Any], played: Iterable[str], param: str = "") -> None:
    """Refuse what the SDK knows and the sandbox would have to ignore.

    Raises:
        InvalidRequest: names the first such parameter.
    """
    for name, value in params.items():
        if value and name not in {*played, "expand", "metadata"}:
            raise InvalidRequest(f"The sandbox does not play {name}.", param=_under(param, name))


def write_metadata(body: dict[str, Any], params: dict[str, Any]) -> None:
    """Merge the metadata, which every object carries for its user; an empty value unsets its key, an empty group all keys."""
    wanted = params.get("metadata", {})
    merged = {} if wanted == "" else body["metadata"] | wanted
    body["metadata"] = {name: value for name, value in merged.items() if value != ""}
