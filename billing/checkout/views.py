"""Buying: to Stripe and back."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.organisations.buying import buyer_named, buyers_of
from accounts.people.requests import signed_in
from billing.checkout.amounts import LONGEST_TYPED, Wish, find_price, read_price_id, read_wish
from billing.checkout.concurrency import open_checkout_exclusively, opening_url, try_reconcile_order
from billing.checkout.errors import AmountRefused, CheckoutOpening, SubscribedToPart
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountRefused
from billing.discounts.models import Discount
from billing.discounts.offers import price_in, product_of_offer, title_offered
from billing.discounts.quotes import reduced
from billing.discounts.selectors import offers_for
from billing.discounts.trying import try_code
from billing.orders.models import Order
from billing.orders.views import own_order
from common.errors import ConflictError, DomainError
from marketplace.entitlements.selectors import holders_among
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.products.models import Product
from marketplace.products.selectors.offers import with_current_prices
from marketplace.products.selectors.pages import product_url

CARD_TAKES = timedelta(minutes=15)
_LONGEST_CHOSEN = 40  # letters of a handle or a code, which have no more


@login_required
@require_POST
def buy(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Place an order, for oneself or an organisation (`buyer`: its handle), and send on to Stripe (303); buying again resumes.

    `price` is the id of the price that the page showed, `amount` what the buyer wants to pay where they decide. Who may pay nothing and
    wants to has it at once. A discount `code` reduces the price; one that does not count buys nothing. With `apply` nothing is bought: the
    product's page shows what `code_to_try` makes of the price, and the buyer stays chosen.
    """
    product = with_current_prices(Product.objects.visible()).select_related("namespace").filter(pk=product_id).first()
    if product is None:
        raise Http404
    if "apply" in request.POST:
        return _see(f"{_page_again(request, product, code=request.POST.get('code_to_try', ''))}#buy")
    code = request.POST.get("code", "").strip()
    try:
        wish = read_wish(product, request.POST)
        discount = try_code(code, product=product, request=request) if code else None
    except (AmountRefused, DiscountRefused) as error:
        return _refused(request, product, error)
    return _buy(request, product, wish, discount)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Show an offer to its addressee alone, and accept it: then it is bought like anything else, at its price.

    Context: offer; product, with its seller and namespace; title, what it is for; listed, what it costs everybody in the offer's currency,
    or None; paid, what the addressee pays: no more than that; buyers, the accounts to choose from, where there are
    several, without those that have it; has_it, whether that is each of them.
    """
    user = signed_in(request)
    found = offers_for(user).filter(pk=offer_id).first()
    if found is None:
        raise Http404
    product = product_of_offer(offer_id)
    price = price_in(product, found.currency, found.edition_id)
    if request.method == "POST":
        return _buy(request, product, Wish(price.pk if price else None), found)
    accounts = [found.account] if found.account else buyers_of(user)
    holders = holders_among([account.pk for account in accounts], product, found.edition)
    buyers = [account for account in accounts if account.pk not in holders.having]
    context = {
        "offer": found,
        "product": product,
        "title": title_offered(found, product),
        "product_url": product_url(product),
        "listed": price.money if price else None,
        "paid": reduced(found, price.money, most=price.money) if price else found.money,
        "buyers": buyers if len(accounts) > 1 else [],
        "has_it": not buyers,
        "for_organisation": found.account if found.account and found.account.pk != user.account.pk else None,
    }
    return render(request, "billing/offer.html", context)


def _buy(request: HttpRequest, product: Product, wish: Wish, discount: Discount | None) -> HttpResponse:
    user = signed_in(request)
    buyer, price = buyer_named(user, request.POST.get("buyer", "")), find_price(product, wish.price_id)
    try:
        if price is not None and price.buyer_decides and wish.amount == price.amount == 0:
            obtain_free_product(product=product, user=user, holder=buyer)
            messages.success(request, gettext("{title} is in the library, for nothing.").format(title=product.title))
            return _see(reverse("marketplace:library"))
        order = place_order(product=product, user=user, buyer=buyer, wish=wish, discount=discount)
        return _see(open_checkout_exclusively(order=order))
    except CheckoutOpening:
        return _see(opening_url(order))
    except SubscribedToPart as error:
        return _see(error.change_path) if error.change_path else _refused(request, product, error)  # that page says what it costs first
    except (AmountRefused, ConflictError) as error:
        return _refused(request, product, error)


def _refused(request: HttpRequest, product: Product, error: DomainError) -> HttpResponse:
    """Lead back to the product's page, which says why; an amount that may not be paid stands there again, a refused code does not."""
    messages.error(request, error.message)
    typed = {"amount": request.POST.get("amount", "")[:LONGEST_TYPED]} if isinstance(error, AmountRefused) else {}
    code = "" if isinstance(error, DiscountRefused) else request.POST.get("code", "")
    return _see(_page_again(request, product, code=code, **typed))


def _page_again(request: HttpRequest, product: Product, *, code: str, **typed: str) -> str:
    """Return the address of the product's page with what was chosen on it: the edition and the buyer, and a code if there is one."""
    price = find_price(product, read_price_id(request.POST))
    edition = {"edition": price.edition.name} if price and price.edition else {}
    chosen = {"buyer": request.POST.get("buyer", "")[:_LONGEST_CHOSEN], "code": code.strip()[:_LONGEST_CHOSEN]}
    query = edition | {name: text for name, text in chosen.items() if text} | typed
    return f"{product_url(product)}?{urlencode(query)}" if query else product_url(product)


@login_required
@require_safe
def checkout_return(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Where Stripe sends the buyer back to: reconciles the order, and shows a page that waits while the payment is not confirmed.

    No request waits here for another one's call to Stripe: the page says that the payment is being confirmed, and checks again.

    Context: order; checkout_url, empty once there is nothing to pay any more; product_url; cancelled, whether the buyer left Stripe's
    page without paying; opening, whether Stripe's page is only being made. A settled order redirects to its page, one that has been
    opened meanwhile to Stripe's.
    """
    user = signed_in(request)
    order, opening = own_order(user, order_id), "opening" in request.GET
    if order.state == Order.State.PENDING and not opening:
        try_reconcile_order(order_id=order_id)
        order = own_order(user, order_id)
    if order.state != Order.State.PENDING or order.waits_for_bank:
        return redirect("billing:order", order.pk)
    if opening and order.checkout_url:
        return _see(order.checkout_url)
    return _waiting(request, order, opening=opening)


def _waiting(request: HttpRequest, order: Order, *, opening: bool) -> HttpResponse:
    cancelled = "cancelled" in request.GET
    context = {
        "order": order,
        "checkout_url": order.checkout_url,
        "product_url": product_url(order.product),
        "cancelled": cancelled,
        "opening": opening,
    }
    response = render(request, "billing/checkout_return.html", context)
    if not cancelled:
        response["Refresh"] = str(_refresh_after(order))  # without JavaScript as well
    return response


def _refresh_after(order: Order) -> int:
    """Return how many seconds: few while a card is charged, many while a bank debit takes days."""
    return 3 if timezone.now() - order.created_at < CARD_TAKES else 60


def _see(url: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(url, status=303)
