"""What is counted of pages and the API: by view, never by address, for strangers choose addresses."""

import time
from collections.abc import Callable
from http import HTTPMethod

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

_REQUESTS = Counter("layerstore_http_requests_total", "Requests that were answered.", ["view", "method", "status"])
_SECONDS = Histogram(
    "layerstore_http_request_seconds", "Time to answer a request.", ["view"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
)
_METHODS = frozenset(HTTPMethod)


class RequestMetricsMiddleware:
    """Count each request, and how long its answer took to begin. What no address knows is counted together, as view `none`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self._get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in _METHODS else "other"
        _REQUESTS.labels(view, method, response.status_code).inc()
        _SECONDS.labels(view).observe(time.perf_counter() - began)
        return response
