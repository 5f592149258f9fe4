"""Orders of a buyer and of a seller. Somebody else's order is answered like one that does not exist: 404."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from accounts.people.requests import signed_in
from accounts.tokens.lifetimes import pull_ends_after_minutes
from billing.orders.models import Order
from billing.orders.refund_windows import may_give_back, refund_words
from billing.orders.selectors import orders_of_buyers, orders_of_seller, orders_seen_by, pulls_of_order
from billing.orders.state import HOLDING_STATES
from marketplace.products.selectors.pages import product_url
from marketplace.selling.guards import SellerRequest, sales_required

ORDERS_A_PAGE = 25


@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """List the orders of the reader and of the organisations they buy for; `?buyer=` shows one of these alone.

    Context: page, a Page of Order with buyer, seller, product, images and refunds; buyers, the accounts to choose from where there are
    several; chosen, the one that is shown alone.
    """
    buyers, wanted = buyers_of(signed_in(request)), request.GET.get("buyer")
    chosen = next((account for account in buyers if account.handle == wanted), None)
    if wanted and chosen is None:
        raise Http404
    pages = Paginator(orders_of_buyers([chosen] if chosen else buyers), ORDERS_A_PAGE)
    context = {"page": pages.get_page(request.GET.get("page")), "buyers": buyers if len(buyers) > 1 else [], "chosen": chosen}
    return render(request, "billing/orders.html", context)


@login_required
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order: its receipt, which prints without the rest of the page, and how to pull what it bought.

    Context: order, with buyer and placed_by; images, a list of OrderImage; refunds; pulls, references that the reader may pull by it now;
    may_pull, whether there are any; credential_url, where a pull credential for the images is made; product_url; checkout_url, while it can
    still be paid; pull_ends_after, minutes; giving_back, refund_failed, may_give_back and refund_words, as `_money_back` says.
    """
    user = signed_in(request)
    found = own_order(user, order_id)
    images, pulls = found.images.all(), pulls_of_order(found, user)
    chosen = urlencode({"image": [image.image_id for image in images]}, doseq=True)
    context = {
        "order": found,
        "images": images,
        "refunds": found.refunds.all(),
        "pulls": pulls,
        "may_pull": bool(pulls),
        "credential_url": f"{reverse('marketplace:pull_credential')}?{chosen}",
        "product_url": product_url(found.product),
        "checkout_url": found.checkout_url if found.state == Order.State.PENDING else "",
        "pull_ends_after": pull_ends_after_minutes(),
        **_money_back(found),
    }
    return render(request, "billing/order.html", context)


def _money_back(order: Order) -> dict[str, object]:
    """Return what the page says of refunds: the buyer's own, while it is not decided; whether one failed; until when there may be one."""
    refunds, now = order.refunds.all(), timezone.now()
    giving_back = next((one for one in refunds if one.state == "waiting" and one.origin == "buyer"), None)
    words = refund_words(order, now) if giving_back is None and order.state in HOLDING_STATES and order.refundable.minor else []
    return {
        "giving_back": giving_back,
        "refund_failed": order.refundable.minor > 0 and any(one.state == "failed" for one in refunds),
        "may_give_back": bool(words) and may_give_back(order, now),
        "refund_words": words,
    }


def own_order(user: User, order_id: UUID) -> Order:
    """Return an order of the user, or of an organisation they buy for.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    found = orders_seen_by(user).filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found


@sales_required
@require_safe
def seller_orders(request: SellerRequest) -> HttpResponse:
    """List the seller's sales; `?order=` shows the one with this id. Context: page, a Page of Order with buyer."""
    sales = orders_of_seller(request.seller)
    if wanted := request.GET.get("order"):
        order_id = _uuid(wanted)
        sales = sales.filter(pk=order_id) if order_id else sales.none()
    found = Paginator(sales, ORDERS_A_PAGE)
    return render(request, "billing/seller_orders.html", {"page": found.get_page(request.GET.get("page"))})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
