"""A token request in either of its forms: GET with Basic (token.md) and POST of an OAuth form (oauth.md). Pure: knows no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from registry_auth.client.credentials import Credentials
from registry_auth.token.authorization import read_authorization
from registry_auth.token.errors import InvalidTokenRequest, UnsupportedGrantType
from registry_auth.token.scopes import Scope, parse_scopes

LONGEST_CLIENT_ID = 64
_YES = {"true", "1"}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What is requested, and by whom; nothing is checked yet.

    Attributes:
        credentials: None when anonymous.
        scopes: one entry for each resource.
        service: empty if the request does not name one.
        wants_identity_token: whether the client wants to come back without its password.
        client_id: what a form calls its program, for the log; it decides nothing.
    """

    credentials: Credentials | None
    scopes: tuple[Scope, ...]
    service: str = ""
    wants_identity_token: bool = False
    client_id: str = ""


def read_query(query: str, *, authorization: str | None) -> TokenRequest:
    """Read a GET. `account` is a hint that is ignored: the credentials alone say who is asking.

    Raises:
        MalformedCredentials: there is a header, and it is not a Basic one.
    """
    fields = _fields(query)
    return TokenRequest(
        credentials=read_authorization(authorization),
        scopes=parse_scopes(fields.get("scope", ())),
        service=_first(fields, "service"),
        wants_identity_token=_first(fields, "offline_token").lower() in _YES or _first(fields, "access_type") == "offline",
    )


def read_form(form: bytes) -> TokenRequest:
    """Read a POST. Without credentials of its grant it is refused, never answered as anonymous.

    Raises:
        InvalidTokenRequest: a required field is missing.
        UnsupportedGrantType: neither password nor refresh_token.
    """
    fields = _fields(form.decode("utf-8", errors="replace"))
    credentials = _granted_credentials(fields)
    if not _first(fields, "client_id"):
        raise InvalidTokenRequest("client_id is missing.")
    return TokenRequest(
        credentials=credentials,
        scopes=parse_scopes(fields.get("scope", ())),
        service=_first(fields, "service"),
        wants_identity_token=_first(fields, "access_type") == "offline" or _first(fields, "offline_token").lower() in _YES,
        client_id=_first(fields, "client_id")[:LONGEST_CLIENT_ID],
    )


def _granted_credentials(fields: Mapping[str, list[str]]) -> Credentials:
    match _first(fields, "grant_type"):
        case "password":
            username, password = _first(fields, "username"), _first(fields, "password")
            if not username or not password:
                raise InvalidTokenRequest("username and password are needed for grant_type password.")
            return Credentials(username, password)
        case "refresh_token":
            if not (secret := _first(fields, "refresh_token")):
                raise InvalidTokenRequest("refresh_token is missing.")
            return Credentials("", secret)
        case "":
            raise InvalidTokenRequest("grant_type is missing.")
        case _:
            raise UnsupportedGrantType


def _fields(text: str) -> dict[str, list[str]]:
    # As urllib's parse_qsl with blank values kept, in a third of its time.
    fields: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            fields.setdefault(_decoded(name), []).append(_decoded(value))
    return fields


def _decoded(text: str) -> str:
    plain = text.replace("+", " ")
    return unquote(plain, errors="replace") if "%" in plain else plain


def _first(fields: Mapping[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]
