"""The inner listener: the registry's notifications and the metrics. The edge serves neither."""

import hmac

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from common.ops.metrics import exposition
from registry_auth.inbox.envelopes import read_envelope
from registry_auth.inbox.errors import MalformedEnvelope
from registry_auth.inbox.metrics import note_envelope
from registry_auth.inbox.transports.switch import accept_events


@csrf_exempt
@require_POST
def registry_events(request: HttpRequest) -> HttpResponse:
    """Store a notification, then acknowledge it: nothing that is answered with 2xx is ever lost."""
    if not _is_the_registry(request):
        return _refused("unauthorized", 401, "The shared secret is missing or wrong.")
    try:
        events = read_envelope(request.body, received_at=timezone.now())
    except RequestDataTooBig:
        return _refused("too_large", 413, f"At most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
    except UnreadablePostError:
        return _refused("malformed", 400, "The notification did not arrive whole.")
    except MalformedEnvelope as error:
        return _refused("malformed", error.status, error.message)
    if events:
        accept_events(events=events)
    note_envelope(outcome="accepted")
    return HttpResponse(status=202)


@require_safe
def prometheus(_request: HttpRequest) -> HttpResponse:
    """Return all processes' metrics."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _is_the_registry(request: HttpRequest) -> bool:
    header = request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
    expected = f"Bearer {settings.LAYERSTORE_EVENTS_SECRET}".encode()
    # Without a secret the listener is off, not open.
    return bool(settings.LAYERSTORE_EVENTS_SECRET) and hmac.compare_digest(header, expected)


def _refused(outcome: str, status: int, message: str) -> HttpResponse:
    note_envelope(outcome=outcome)
    return JsonResponse({"message": message}, status=status)
