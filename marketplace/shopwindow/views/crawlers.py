"""What search engines read: which addresses there are, and which of them they may read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from marketplace.shopwindow.sitemap import robots, sitemap_index, sitemap_part

_HOUR = 3600


@cache_control(public=True, max_age=_HOUR)
@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer with the rules for crawlers."""
    return HttpResponse(robots(), content_type="text/plain; charset=utf-8")


@cache_control(public=True, max_age=_HOUR)
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer with the index of the sitemap."""
    return HttpResponse(sitemap_index(), content_type="application/xml; charset=utf-8")


@cache_control(public=True, max_age=_HOUR)
@require_safe
def part_of_sitemap(request: HttpRequest, kind: str, number: str) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer with one part of the sitemap."""
    found = sitemap_part(kind, int(number))
    if found is None:
        raise Http404
    return HttpResponse(found, content_type="application/xml; charset=utf-8")
