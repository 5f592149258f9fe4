"""The metrics, on the inner listener: the edge does not serve them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from common.ops.metrics import exposition


@require_safe
def prometheus(_request: HttpRequest) -> HttpResponse:
    """Return all processes' metrics."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
