"""The token endpoint for a process that runs Django's own handlers: what it answers is said by `registry_auth.token.endpoint`."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from registry_auth.token import endpoint


@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    """Answer a client that needs a token for the registry."""
    return _response(endpoint.answer_token(request.META))


def jwks(request: HttpRequest) -> HttpResponse:
    """Publish the public halves of all signing keys."""
    return _response(endpoint.answer_keys(request.META))


def bundle(request: HttpRequest) -> HttpResponse:
    """Publish the certificates that registries trust."""
    return _response(endpoint.answer_bundle(request.META))


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """400: the request itself is broken."""
    return _response(endpoint.problem("UNSUPPORTED", "The request is malformed.", status=400))


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it by name
    """404: tokens are at /auth/token, keys at /auth/jwks.json and /auth/bundle.pem, nothing else is here."""
    return _response(endpoint.problem("UNSUPPORTED", "There is nothing at this address.", status=404))


def server_error(_request: HttpRequest) -> HttpResponse:
    """500: our fault, never an anonymous answer in disguise."""
    return _response(endpoint.problem("UNKNOWN", "Something went wrong on our side.", status=500))


def _response(answer: endpoint.Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
