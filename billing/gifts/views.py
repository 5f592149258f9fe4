"""A buyer's page of a gift that was paid for: where it is, and what can still be done with it."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.people.requests import signed_in
from billing.orders.models import Order
from billing.orders.views import own_order
from common.errors import DomainError
from common.web.forms import refuse_form
from common.web.secret_links import note_opened
from marketplace.gifts.forms import SendForm
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import gift_of_order
from marketplace.gifts.services.links import link_of, renew_gift
from marketplace.gifts.views import OPENED


@never_cache  # a new link is shown once
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def gift(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show the gift of an order; a POST sends it again or makes a link (`do=send`), or leads to claiming it oneself (`do=claim`)."""
    user = signed_in(request)
    order = own_order(user, order_id)
    found = gift_of_order(order.pk)
    if found is None:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "claim":
        note_opened(request, OPENED, found.pk)
        return redirect("marketplace:gift", found.pk)
    form = SendForm(request.POST if request.method == "POST" else None, initial={"email": found.email})
    page = partial(_page, request, order, found, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        secret = renew_gift(gift=found, email=form.cleaned_data["email"], actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    if form.cleaned_data["email"]:
        messages.success(request, gettext("The link is on its way to {email}.").format(email=form.cleaned_data["email"]))
        return redirect("billing:gift", order.pk)
    found.refresh_from_db()
    return render(request, "marketplace/gift_link.html", {"gift": found, "link": link_of(secret)})


def _page(request: HttpRequest, order: Order, found: Gift, form: SendForm, *, status: int) -> HttpResponse:
    return render(request, "billing/gift.html", {"order": order, "gift": found, "form": form}, status=status)
