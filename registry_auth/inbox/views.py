"""The metrics, on the inner listener, and its answer to addresses that it does not know: the edge serves neither."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from common.ops.metrics import exposition


@require_safe
def prometheus(_request: HttpRequest) -> HttpResponse:
    """Return all processes' metrics."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django names it
    """404: as text, for programs."""
    return HttpResponse("Not found\n", status=404, content_type="text/plain")
