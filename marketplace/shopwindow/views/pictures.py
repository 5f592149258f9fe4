"""Pictures of products, where the edge has no file of them: from the bucket that `LAYERSTORE_MEDIA_BUCKET` names."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe


@require_safe
def picture(request: HttpRequest, path: str) -> FileResponse:  # noqa: ARG001  Django passes it
    """Serve a picture under the name that `add_picture` gave its file. It may be kept for five minutes, as the edge says of files."""
    try:
        found = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=300", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(found, content_type="image/webp", headers=headers)
