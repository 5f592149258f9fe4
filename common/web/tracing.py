"""A span for each request: in the middleware list, and not used where nothing is traced."""

from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from common.ops.tracing import describe_span, is_tracing, span


class TracingMiddleware:
    """Trace each request by the view that answers it. A `traceparent` that a stranger sends is not believed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not is_tracing():
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with span("request", method=request.method or ""):
            response = self._get_response(request)
            view = request.resolver_match.view_name if request.resolver_match else "none"
            describe_span(view=view, status=response.status_code)
        return response
