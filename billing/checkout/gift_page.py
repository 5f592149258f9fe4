"""The page on which something is bought for somebody else."""

from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.organisations.buying import buyer_named, buyers_of
from accounts.people.requests import signed_in
from billing.checkout.amounts import LONGEST_TYPED, least_payment, read_wish
from billing.checkout.concurrency import open_checkout_exclusively, opening_url
from billing.checkout.errors import AmountRefused, CheckoutOpening
from billing.checkout.placing import place_order
from billing.gifts.forms import WishForm
from common.errors import ConflictError
from common.web.forms import refuse_form
from marketplace.gifts.models import Gift
from marketplace.gifts.services.links import LIFETIMES
from marketplace.products.models import Product
from marketplace.products.selectors.editions import edition_chosen
from marketplace.products.selectors.offers import other_prices, price_shown, with_current_prices
from marketplace.products.selectors.pages import product_url


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Ask for whom the product is bought, and send on to Stripe (303); the same again resumes.

    `price` and `amount` are as `buy` takes them, but nothing is no amount: what costs nothing is got by everybody for themselves.
    """
    visible = with_current_prices(Product.objects.visible())
    product = visible.select_related("namespace", "seller").filter(pk=product_id).first()
    if product is None:
        raise Http404
    form = WishForm(request.POST if request.method == "POST" else None)
    page = partial(_page, request, product, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    user = signed_in(request)
    buyer = buyer_named(user, request.POST.get("buyer", ""))
    try:
        wish = read_wish(product, request.POST, to_pay=True)
        order = place_order(product=product, user=user, buyer=buyer, wish=wish, gift=form.wish)
        return HttpResponseRedirect(open_checkout_exclusively(order=order), status=303)
    except CheckoutOpening:
        return HttpResponseRedirect(opening_url(order), status=303)
    except AmountRefused as error:
        return refuse_form(form, error, partial(page, amount_refused=True))
    except ConflictError as error:
        return refuse_form(form, error, page)


def _page(request: HttpRequest, product: Product, form: WishForm, *, status: int, amount_refused: bool = False) -> HttpResponse:
    """Show the page.

    Context: product, product_url, form; edition, which is given, or None; price, in the reader's currency, other_prices, least,
    typed_amount if it was refused and kept_amount, as the buy box has them; days that the link works; buyers, the accounts to choose
    from where there are several.
    """
    buyers, edition = buyers_of(signed_in(request)), edition_chosen(product, request.POST.get("edition") or request.GET.get("edition", ""))
    price = price_shown(product, edition)
    amount = request.POST.get("amount", "")[:LONGEST_TYPED]
    context = {
        "product": product,
        "product_url": product_url(product),
        "price": price,
        "edition": edition,
        "other_prices": other_prices(product, price),
        "least": least_payment(price) if price else None,
        "typed_amount": amount if amount_refused else "",
        "kept_amount": amount,
        "form": form,
        "days": LIFETIMES[Gift.Source.ORDER].days,
        "buyers": buyers if len(buyers) > 1 else [],
    }
    return render(request, "billing/give.html", context, status=status)
