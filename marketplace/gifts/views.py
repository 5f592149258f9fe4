"""The recipient's side of a gift: its link, and claiming it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.organisations.buying import buyer_named, buyers_of
from accounts.people.models import User
from common.errors import DomainError
from common.web.pages import say_when_to_retry
from common.web.secret_links import has_opened, open_link
from marketplace.entitlements.selectors import has_for_good
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import find_gift
from marketplace.gifts.services.claims import claim_gift
from marketplace.products.selectors.offers import sells

OPENED = "opened_gifts"  # in the session


@never_cache
@require_safe
def gift_link(request: HttpRequest) -> HttpResponse:
    """Remove the secret from the address before a page is shown. Claims nothing."""
    gift = find_gift(request.GET.get("key", ""))
    return _page(request, None, status=404) if gift is None else open_link(request, OPENED, gift.pk, page="marketplace:gift")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gift(request: HttpRequest, gift_id: UUID) -> HttpResponse:
    """Show the gift to whoever has opened its link; a POST claims it for the account with the handle `buyer`."""
    current = get_object_or_404(Gift.objects.select_related("product__namespace", "product__seller", "giver"), pk=gift_id)
    if not has_opened(request, OPENED, current.pk):
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    if request.method != "POST":
        return _page(request, current, user=user, status=410 if current.why_closed else 200)
    if user is None:
        return _page(request, current, status=400)
    try:
        claim_gift(gift=current, user=user, holder=buyer_named(user, request.POST.get("buyer", "")))
    except DomainError as error:
        current.refresh_from_db()
        return say_when_to_retry(_page(request, current, user=user, refused=error.message, status=error.status), error)
    messages.success(request, gettext("{product} is in the library now.").format(product=current.called))
    return redirect("marketplace:library")


def _page(request: HttpRequest, current: Gift | None, *, status: int, user: User | None = None, refused: str = "") -> HttpResponse:
    """Show the page.

    Context: gift, none for an unknown link; refused, why it was not claimed. For who is signed in, before they claim: choices, accounts and
    whether each has everything already; first, the first that lacks it; own, whether the reader sells it.
    """
    context: dict[str, object] = {"gift": current, "refused": refused}
    if current is not None and user is not None and not current.why_closed:
        images = list(current.images.values_list("pk", flat=True))
        choices = [(account, has_for_good(account, images)) for account in buyers_of(user)]
        lacking = [account for account, has_it in choices if not has_it]
        context |= {
            "choices": choices,
            "first": lacking[0] if lacking else None,
            "own": sells(user, current.product),
        }
    return render(request, "marketplace/gift.html", context, status=status)
