"""The API's description, for programs and for people. Both are the same for everybody and are made once in a process."""

import hashlib
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.encoding import force_bytes
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from common.api.reference import openapi_document, reference
from common.web.links import absolute

_RENDERERS = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}


@cache
def _rendered(kind: str) -> tuple[bytes, str]:
    with translation.override(settings.LANGUAGE_CODE):  # the document holds sentences that are translated when they are written
        content = force_bytes(_RENDERERS[kind]().render(openapi_document(), renderer_context={}))
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _kind_wanted(request: HttpRequest) -> str:
    requested = request.GET.get("format")
    if requested in _RENDERERS:
        return str(requested)
    return "json" if "json" in request.headers.get("Accept", "") else "yaml"


@cache_control(public=True, max_age=300)
@require_safe
@condition(etag_func=lambda request: _rendered(_kind_wanted(request))[1])
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document: as YAML, or as JSON for who accepts it or asks with `?format=json`."""
    kind = _kind_wanted(request)
    response = HttpResponse(_rendered(kind)[0], content_type=_RENDERERS[kind].media_type)
    response["Content-Disposition"] = f'inline; filename="layerstore.{kind}"'
    response["Vary"] = "Accept"
    return response


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show every operation and object."""
    return render(request, "api/docs.html", {"reference": reference(), "products": absolute("product-list")})
