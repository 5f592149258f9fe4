"""Pictures of products: those that the edge has no file of, from the bucket that `LAYERSTORE_MEDIA_BUCKET` names, and covers as PNG."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.covers.services import preview_of
from marketplace.shopwindow.views.shops import visible_product


@require_safe
def picture(request: HttpRequest, path: str) -> FileResponse:  # noqa: ARG001  Django passes it
    """Serve a picture under the name that `add_picture` gave its file. It may be kept for five minutes, as the edge says of files."""
    try:
        found = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=300", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(found, content_type="image/webp", headers=headers)


@require_safe
def preview(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Serve the cover of a product that the reader may see as PNG, for sites that preview links."""
    product = visible_product(request, namespace, name)
    picture = preview_of(product)
    if picture is None:
        raise Http404
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "public, max-age=3600" if product.is_visible else "private, no-store"
    return response
