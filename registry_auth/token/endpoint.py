"""`/auth/` as a WSGI application: the token endpoint in both its forms, and the public keys.

Without Django's request handling, which costs more than the token (ADR 0017).
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from django.utils import timezone

from common.ops.tracing import span
from common.web.client import address_in
from common.web.links import token_realm
from registry_auth.client.credentials import Credentials
from registry_auth.client.identity import SERVICE_USER
from registry_auth.keys.ring import NoSigningKey
from registry_auth.token.authorization import MalformedCredentials
from registry_auth.token.errors import FormTooLarge, InvalidTokenRequest, TokenRefused, TokensUnavailable
from registry_auth.token.issue import RegistryToken, issue_token, key_ring, refuse_credentials
from registry_auth.token.metrics import note_token_answer
from registry_auth.token.requests import TokenRequest, read_form, read_query

logger = logging.getLogger(__name__)
LARGEST_FORM = 64 * 1024
Environ = Mapping[str, Any]  # PEP 3333
StartResponse = Callable[[str, list[tuple[str, str]]], object]
_TOKEN_METHODS: Final = ("GET", "HEAD", "POST")
_KEY_METHODS: Final = ("GET", "HEAD")
_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_NO_STORE: Final = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Authorization"}


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response, before any server's own headers."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request (PEP 3333)."""
    try:
        response = respond(environ)
    except Exception:  # whatever it was, the client gets an error in the registry's form, and never an anonymous token instead
        logger.exception("token endpoint failed")
        response = problem("UNKNOWN", "Something went wrong on our side.", status=500)
    start_response(_STATUS_LINES[response.status], list(response.headers.items()))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def respond(environ: Environ) -> Response:
    """Answer by path. Both spellings of the endpoint are served: Go turns a redirected POST into a GET without its form."""
    match environ.get("PATH_INFO"):
        case "/auth/token" | "/auth/token/":
            return answer_token(environ)
        case "/auth/jwks.json":
            return answer_keys(environ)
        case "/auth/bundle.pem":
            return answer_bundle(environ)
        case _:
            return problem("UNSUPPORTED", "There is nothing at this address.", status=404)


def answer_token(environ: Environ) -> Response:
    """Answer a client that needs a token for the registry (distribution, token.md and oauth.md)."""
    if environ["REQUEST_METHOD"] not in _TOKEN_METHODS:
        return _not_allowed(_TOKEN_METHODS)
    started, by_form, client_id = perf_counter(), environ["REQUEST_METHOD"] == "POST", ""
    try:
        request = _read(environ)
        client_id = request.client_id
        with span("token"):
            issued = issue_token(request=request, address=address_in(environ), now=timezone.now())
        outcome, response = _kind_of_client(request.credentials), _granted(issued, by_form=by_form)
    except TokenRefused as refusal:
        outcome, response = refusal.code, _refused(refusal, by_form=by_form)
    note_token_answer(outcome=outcome, seconds=perf_counter() - started)
    if by_form:
        logger.info("token answer", extra={"outcome": outcome, "client_id": client_id})
    return response


def answer_keys(environ: Environ) -> Response:
    """Publish the public halves of all signing keys (RFC 7517)."""
    return _published(environ, "application/jwk-set+json", lambda: key_ring().jwks())


def answer_bundle(environ: Environ) -> Response:
    """Publish the certificates that registries trust, in the media type of RFC 8555, section 9.1."""
    return _published(environ, "application/pem-certificate-chain", lambda: key_ring().bundle())


def problem(code: str, message: str, *, status: int, **oauth: str) -> Response:
    """Return a refusal in the registry's form, which docker prints."""
    body = {**oauth, "errors": [{"code": code, "message": message, "detail": None}]}
    return _json(body, status=status)


def _kind_of_client(credentials: Credentials | None) -> str:
    if credentials is None:
        return "anonymous"
    return "service" if credentials.username == SERVICE_USER else "authenticated"


def _read(environ: Environ) -> TokenRequest:
    if environ["REQUEST_METHOD"] == "POST":
        return read_form(_form(environ))
    authorization = environ.get("HTTP_AUTHORIZATION")
    try:
        return read_query(environ.get("QUERY_STRING", ""), authorization=authorization)
    except MalformedCredentials:
        refuse_credentials(credentials=Credentials("", authorization or ""), address=address_in(environ))


def _form(environ: Environ) -> bytes:
    declared = environ.get("CONTENT_LENGTH") or "0"
    length = int(declared[:20]) if declared.isascii() and declared.isdigit() else 0  # int() fails at thousands of digits
    if length > LARGEST_FORM:
        raise FormTooLarge
    # podman, buildah and skopeo send their forms in chunks, without a length. nginx joins them; another edge may not.
    in_chunks = "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated", False)
    try:
        form: bytes = environ["wsgi.input"].read(LARGEST_FORM + 1 if in_chunks else length) if in_chunks or length else b""
    except OSError as error:
        raise InvalidTokenRequest("The form did not arrive whole.") from error
    if len(form) > LARGEST_FORM:
        raise FormTooLarge
    if len(form) < length:
        raise InvalidTokenRequest("The form did not arrive whole.")
    return form


def _granted(issued: RegistryToken, *, by_form: bool) -> Response:
    body: dict[str, object] = {
        "token": issued.token,
        "access_token": issued.token,
        "expires_in": issued.expires_in,
        "issued_at": issued.issued_at.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z",
    }
    if by_form:
        body |= {"scope": issued.scope, "token_type": "Bearer"}
    if issued.identity_token is not None:
        body["refresh_token"] = issued.identity_token
    return _json(body, status=200)


def _refused(refusal: TokenRefused, *, by_form: bool) -> Response:
    # Docker reads the registry's form after a POST too, so an OAuth response carries both.
    oauth = {"error": refusal.oauth_code, "error_description": refusal.message} if by_form else {}
    response = problem(refusal.registry_code, refusal.message, status=refusal.status, **oauth)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = f'Basic realm="{token_realm()}", charset="UTF-8"'
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _published(environ: Environ, media_type: str, read: Callable[[], str]) -> Response:
    if environ["REQUEST_METHOD"] not in _KEY_METHODS:
        return _not_allowed(_KEY_METHODS)
    try:
        content = read().encode()
    except NoSigningKey:
        return _refused(TokensUnavailable(), by_form=False)
    return Response(200, content, {"Content-Type": media_type, "Cache-Control": "public, max-age=300", "Content-Length": str(len(content))})


def _not_allowed(methods: tuple[str, ...]) -> Response:
    response = problem("UNSUPPORTED", f"Use {' or '.join(methods)}.", status=405)
    response.headers["Allow"] = ", ".join(methods)
    return response


def _json(body: Mapping[str, object], *, status: int) -> Response:
    content = json.dumps(body).encode()
    return Response(status, content, _NO_STORE | {"Content-Length": str(len(content))})
