"""`/auth/`: the token endpoint in both its forms, and the public keys."""

import logging
from datetime import UTC
from http import HTTPStatus
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from common.client import address_of
from registry_auth import metrics
from registry_auth.credentials import Credentials, MalformedCredentials
from registry_auth.errors import FormTooLarge, InvalidTokenRequest, TokenRefused, TokensUnavailable
from registry_auth.keys.ring import NoSigningKey
from registry_auth.services.tokens import RegistryToken, issue_token, key_ring, refuse_credentials
from registry_auth.token_requests import TokenRequest, read_form, read_query

logger = logging.getLogger(__name__)
LARGEST_FORM = 64 * 1024


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest) -> HttpResponse:
    """Answer a client that needs a token for the registry (distribution, token.md and oauth.md)."""
    started, by_form, client_id = perf_counter(), request.method == "POST", ""
    try:
        asked = _read(request)
        client_id = asked.client_id
        issued = issue_token(request=asked, address=address_of(request), now=timezone.now())
        outcome, response = "authenticated" if asked.credentials else "anonymous", _granted(issued, by_form=by_form)
    except TokenRefused as refusal:
        outcome, response = refusal.code, _refused(refusal, by_form=by_form)
    metrics.note_token_answer(outcome=outcome, seconds=perf_counter() - started)
    if by_form:
        logger.info("token answer", extra={"outcome": outcome, "client_id": client_id})
    return response


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Publish the public halves of all signing keys (RFC 7517)."""
    try:
        keys = key_ring().public_keys()
    except NoSigningKey:
        return _refused(TokensUnavailable(), by_form=False)
    return JsonResponse({"keys": keys}, headers={"Cache-Control": "public, max-age=300"}, content_type="application/jwk-set+json")


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """400: the request itself is broken."""
    return _problem("UNSUPPORTED", "The request is malformed.", status=400)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """404: tokens are at /auth/token, keys at /auth/jwks.json, nothing else is here."""
    return _problem("UNSUPPORTED", "There is nothing at this address.", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """500: our fault, never an anonymous answer in disguise."""
    return _problem("UNKNOWN", "Something went wrong on our side.", status=500)


def _read(request: HttpRequest) -> TokenRequest:
    if request.method == "POST":
        return read_form(_form(request))
    authorization = request.META.get("HTTP_AUTHORIZATION")
    try:
        return read_query(request.META.get("QUERY_STRING", ""), authorization=authorization)
    except MalformedCredentials:
        refuse_credentials(credentials=Credentials("", authorization or ""), address=address_of(request))


def _form(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FORM:
        raise FormTooLarge
    try:
        return request.body
    except UnreadablePostError as error:
        raise InvalidTokenRequest("The form did not arrive whole.") from error


def _granted(issued: RegistryToken, *, by_form: bool) -> HttpResponse:
    body: dict[str, object] = {
        "token": issued.token,
        "access_token": issued.token,
        "expires_in": issued.expires_in,
        "issued_at": issued.issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if by_form:
        body |= {"scope": issued.scope, "token_type": "Bearer"}
    if issued.identity_token is not None:
        body["refresh_token"] = issued.identity_token
    return _answer(body, status=200)


def _refused(refusal: TokenRefused, *, by_form: bool) -> HttpResponse:
    # Docker reads the registry's form after a POST as well, so an OAuth answer carries both.
    oauth = {"error": refusal.oauth_code, "error_description": refusal.message} if by_form else {}
    response = _problem(refusal.registry_code, refusal.message, status=refusal.status, **oauth)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = f'Basic realm="{settings.LAYERSTORE_PUBLIC_URL}/auth/token", charset="UTF-8"'
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _problem(code: str, message: str, *, status: int, **oauth: str) -> HttpResponse:
    return _answer({**oauth, "errors": [{"code": code, "message": message, "detail": None}]}, status=status)


def _answer(body: dict[str, object], *, status: int) -> HttpResponse:
    response = JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "Vary": "Authorization"})
    response["Content-Length"] = str(len(response.content))  # there is no middleware here that would; without it the answer is chunked
    return response
