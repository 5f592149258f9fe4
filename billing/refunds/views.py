"""Giving money back: a buyer's own page for it, and a seller's page of an order. Somebody else's order is answered like none: 404."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.names import shown_name
from accounts.people.requests import signed_in
from accounts.tokens.lifetimes import pull_ends_after_minutes
from billing.orders.models import Order
from billing.orders.refund_windows import promised_until, seller_refunds_until
from billing.orders.selectors import credited_for, orders_of_seller
from billing.orders.views import own_order
from billing.refunds.forms import GiveBackForm, SellerRefundForm
from billing.refunds.selectors import minutes_until_decided, own_refund, proofs_since_sale, pulls_since_sale, seller_may_refund
from billing.refunds.services import give_back, refund_by_seller
from billing.refunds.shares import shares_of_the_rest
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.gifts.selectors import gift_of_order
from marketplace.selling.guards import SellerRequest, sales_required


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_refund(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Say what giving a purchase back means, with what was pulled of it, and do it.

    Context: order; gift, which it paid for, or None; offer, an OwnRefund; pulls and proofs, what was pulled since the sale; minutes, until
    it is decided; promised_until; promise_over, whether that has passed; form.
    """
    user = signed_in(request)
    order = own_order(user, order_id)
    form = GiveBackForm(request.POST if request.method == "POST" else None)
    page = partial(_order_refund_page, request, order, form)
    if not form.is_valid():
        return page(status=200)
    try:
        refund = give_back(order=order, actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("Given back. {money} goes to you unless something was pulled after all.").format(money=refund.money))
    return redirect("billing:order", order.pk)


def _order_refund_page(request: HttpRequest, order: Order, form: GiveBackForm, *, status: int) -> HttpResponse:
    promised = promised_until(order)
    gift = gift_of_order(order.pk)
    context = {
        "order": order,
        "gift": gift,
        "form": form,
        "offer": own_refund(order),
        "pulls": pulls_since_sale(order),
        "proofs": proofs_since_sale(order) if gift is None else [],  # where somebody else pulls from is no business of the buyer's
        "minutes": minutes_until_decided(),
        "promised_until": promised,
        "promise_over": promised is not None and promised < timezone.now(),
    }
    return render(request, "billing/order_refund.html", context, status=status)


@sales_required
@require_safe
def seller_order(request: SellerRequest, order_id: UUID) -> HttpResponse:
    """Show one sale to its seller: its amounts, its refunds, and what its buyer pulled.

    Context: order, with buyer; images; refunds; pulls and proofs, what was pulled since the sale; may_refund, whether the seller gives
    money back now; refunds_until, until when they do; promised_until, until when they have said that they do; later, the purchase that
    it was credited for, or None.
    """
    order = _own_sale(request, order_id)
    context = {
        "order": order,
        "images": order.images.all(),
        "refunds": order.refunds.all(),
        "pulls": pulls_since_sale(order),
        "proofs": proofs_since_sale(order),
        "may_refund": seller_may_refund(order),
        "refunds_until": seller_refunds_until(order),
        "promised_until": promised_until(order),
        "later": credited_for(order),
    }
    return render(request, "billing/seller_order.html", context)


@sales_required
@require_http_methods(["GET", "HEAD", "POST"])
def seller_refund(request: SellerRequest, order_id: UUID) -> HttpResponse:
    """Ask how much the seller gives back and why, say what that means, and do it.

    Context: order; form (amount, reason); shares, who bears all that is left; pulls and proofs, what was pulled since the sale; may_refund;
    promised_until; pull_ends_after, minutes; later, as on the page of the sale.
    """
    order = _own_sale(request, order_id)
    form = SellerRefundForm(request.POST if request.method == "POST" else None, order=order)
    page = partial(_seller_refund_page, request, order, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        refund = refund_by_seller(
            order=order,
            amount=form.cleaned_data["money"],
            reason=form.cleaned_data["reason"],
            actor=signed_in(request),
            shown=form.cleaned_data["left"],
        )
    except DomainError as error:
        return refuse_form(form, error, page)
    buyer = shown_name(order.buyer.name)
    messages.success(request, gettext("{money} is on its way back to {buyer}.").format(money=refund.money, buyer=buyer))
    return redirect(f"{reverse('billing:seller_order', args=[order.pk])}?seller={request.seller.account.handle}")


def _seller_refund_page(request: SellerRequest, order: Order, form: SellerRefundForm, *, status: int) -> HttpResponse:
    context = {
        "order": order,
        "form": form,
        "pulls": pulls_since_sale(order),
        "proofs": proofs_since_sale(order),
        "shares": shares_of_the_rest(order),
        "may_refund": seller_may_refund(order),
        "promised_until": promised_until(order),
        "pull_ends_after": pull_ends_after_minutes(),
        "later": credited_for(order),
    }
    return render(request, "billing/seller_refund.html", context, status=status)


def _own_sale(request: SellerRequest, order_id: UUID) -> Order:
    """Return a sale of the seller.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    found = orders_of_seller(request.seller).prefetch_related("refunds", "credits__earlier").filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found
