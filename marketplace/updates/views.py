"""Choosing mail about new versions, and ending it from the mail itself."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.requests import signed_in
from common.errors import DomainError
from marketplace.products.models import Product
from marketplace.updates.selectors import holds_part_of, subscription_id_of
from marketplace.updates.services import end_subscription, subscribe_to_updates, unsubscribe_from_updates


@login_required
@require_POST
def updates_choose(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Begin (`wanted=yes`) or end mail about new versions of a product in the reader's library."""
    user, product = signed_in(request), Product.objects.filter(pk=product_id).first()
    if product is None or not holds_part_of(user, product):
        raise Http404
    if request.POST.get("wanted") != "yes":
        unsubscribe_from_updates(product=product, user=user)
        messages.success(request, gettext("You get no more mail about new versions of {title}.").format(title=product.title))
        return redirect("marketplace:library")
    try:
        subscribe_to_updates(product=product, user=user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("New versions of {title} are mailed to you, at most once a day.").format(title=product.title))
    return redirect("marketplace:library")


@csrf_exempt  # a mail program posts on the reader's behalf, without a page or a cookie of ours (RFC 8058, section 3.2)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def updates_unsubscribe(request: HttpRequest) -> HttpResponse:
    """End mail about new versions by the link of a mail (`key`). GET asks first, for programs that check mails follow every link."""
    subscription_id = subscription_id_of(request.GET.get("key", ""))
    if subscription_id is None:
        raise Http404
    if request.method == "POST":
        end_subscription(subscription_id=subscription_id)
    return render(request, "marketplace/unsubscribe.html", {"done": request.method == "POST"})
