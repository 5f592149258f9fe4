"""A buyer's subscriptions, and what a seller's subscribers pay. Somebody else's is answered like one that does not exist: 404."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.people.models import User
from accounts.people.requests import signed_in
from billing.renewals.announcing import announce_price
from billing.renewals.selectors import ahead_of, effect_of, groups_of, with_prices
from billing.renewals.services import card_address, set_renewal
from billing.subscriptions.models import Subscription
from billing.subscriptions.selectors import subscriptions_seen_by
from common.errors import ConflictError
from marketplace.products.models import Price
from marketplace.products.selectors.editions import title_sold
from marketplace.selling.guards import SellerRequest, address_for, sales_required

SUBSCRIPTIONS_A_PAGE = 25


@login_required
@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    """List the subscriptions of the reader and of the organisations they buy for.

    Context: page, a Page of Subscription; rows, each with its Ahead.
    """
    page = Paginator(subscriptions_seen_by(signed_in(request)), SUBSCRIPTIONS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/subscriptions.html", {"page": page, "rows": [(one, ahead_of(one)) for one in page.object_list]})


@login_required
@require_POST
def subscription_renewal(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Cancel the subscription with the end of its period, or take that back (`renews`: yes)."""
    user = signed_in(request)
    found = _own(user, subscription_id)
    try:
        set_renewal(subscription=found, renews=request.POST.get("renews") == "yes", actor=user)
    except ConflictError as error:
        messages.error(request, error.message)
    return redirect("billing:subscriptions")


@login_required
@require_POST
def subscription_card(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Send on to the page at Stripe where the card is changed and what is open is paid (303)."""
    user = signed_in(request)
    try:
        return HttpResponseRedirect(card_address(subscription=_own(user, subscription_id), actor=user), status=303)
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("billing:subscriptions")


def _own(user: User, subscription_id: UUID) -> Subscription:
    found = subscriptions_seen_by(user).filter(pk=subscription_id).first()
    if found is None:
        raise Http404
    return found


@sales_required
@require_safe
def subscribers(request: SellerRequest) -> HttpResponse:
    """List how many are subscribed to what, at which price. Context: page, a Page of groups; rows, the Groups; decides."""
    page = Paginator(groups_of(request.seller.pk), SUBSCRIPTIONS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "billing/subscribers.html", {"page": page, "rows": with_prices(page.object_list), "decides": request.decides})


@sales_required
@require_http_methods(["GET", "HEAD", "POST"])
def price_announce(request: SellerRequest, price_id: UUID) -> HttpResponse:
    """Have a price count for those who are subscribed already. Context: price, title, effect (an Effect), decides."""
    prices = Price.objects.exclude(interval="").select_related("product", "edition")
    price = get_object_or_404(prices, pk=price_id, product__seller=request.seller.pk)
    if request.method != "POST":
        context = {"price": price, "title": title_sold(price.product, price), "effect": effect_of(price), "decides": request.decides}
        return render(request, "billing/price_announce.html", context)
    try:
        announce_price(price=price, actor=signed_in(request))
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("Your subscribers are being told by mail."))
    return redirect(address_for(request, "billing:subscribers"))
