"""The address to which Stripe delivers webhooks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.inbox.services import receive_event
from billing.stripe.errors import InvalidWebhook, WebhookSwitchedOff


@csrf_exempt  # Stripe signs instead
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Store a signed event and answer at once: 204; 400 for what Stripe has not signed, 404 while no secret is set."""
    try:
        receive_event(payload=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except (InvalidWebhook, WebhookSwitchedOff) as refused:
        return HttpResponse(refused.message, status=refused.status, content_type="text/plain")
    return HttpResponse(status=204)
