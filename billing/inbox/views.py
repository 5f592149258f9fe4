"""The addresses to which Stripe delivers webhooks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.inbox.services import Endpoint, receive_event
from billing.stripe.errors import InvalidWebhook, WebhookOfOtherVersion, WebhookSwitchedOff


@csrf_exempt  # Stripe signs instead
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Store a signed event of our own account and answer at once: 204; 400 for what Stripe has not signed, 404 while no secret is set."""
    return _received(request, Endpoint.PLATFORM)


@csrf_exempt  # Stripe signs instead
@require_POST
def stripe_connect_webhook(request: HttpRequest) -> HttpResponse:
    """Store a signed event of a connected account, with the same answers."""
    return _received(request, Endpoint.CONNECT)


def _received(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    try:
        receive_event(payload=request.body, signature=request.headers.get("Stripe-Signature", ""), endpoint=endpoint)
    except (InvalidWebhook, WebhookOfOtherVersion, WebhookSwitchedOff) as refused:
        return HttpResponse(refused.message, status=refused.status, content_type="text/plain")
    return HttpResponse(status=204)
