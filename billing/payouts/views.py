"""Where sellers connect their Stripe account and see what it may do."""

from unicodedata import normalize

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.people.requests import signed_in
from accounts.sellers.selectors import fee_words
from billing.payouts.services import connect_seller, refresh_stripe_account
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.regions import COUNTRIES, in_another_region
from marketplace.selling.guards import SellerRequest, address_for, sales_required


@sales_required
@require_safe
def payouts(request: SellerRequest) -> HttpResponse:
    """Show what Stripe lets the seller do.

    Context: seller, a SellerProfile; returned, the newest payout if it came back; restricted, whether they have told Stripe everything
    and cannot be paid all the same; former, the Stripe account they had before or None; fee in words; countries, of which a seller
    without an account chooses, none where we do not know our own; our_country; abroad, whether their sales settle in their own country.
    """
    ours, seller, newest = settings.LAYERSTORE_STRIPE_COUNTRY, request.seller, request.seller.payouts.first()
    context = {
        "seller": seller,
        "returned": newest if newest is not None and newest.has_come_back else None,
        "restricted": seller.details_submitted and not (seller.charges_enabled and seller.payouts_enabled),
        "countries": _countries() if ours else (),
        "our_country": ours,
        "abroad": in_another_region(request.seller.stripe_country, ours=ours),
        "former": request.seller.former_stripe_accounts.first(),
        "fee": fee_words(seller_id=request.seller.pk, at=timezone.now()),
    }
    return render(request, "billing/payouts.html", context)


def _countries() -> list[tuple[str, str]]:
    """Return code and name of each, by the name in the reader's language; accents do not change the order."""
    return sorted(((code, gettext(name)) for code, name in COUNTRIES.items()), key=lambda country: normalize("NFKD", country[1]))


@sales_required
@require_POST
def payouts_connect(request: SellerRequest) -> HttpResponse:
    """Send the seller on to Stripe (303), where they say who they are."""
    return _to_stripe(request)


@sales_required
@require_safe
def payouts_return(request: SellerRequest) -> HttpResponse:
    """Where Stripe sends the seller back to: asks for their account's status, because the webhook may still be on its way."""
    if request.seller.stripe_account_id:
        try:
            refresh_stripe_account(stripe_account_id=request.seller.stripe_account_id)
        except (StripeAway, StripeRefused) as unknown:
            messages.warning(request, unknown.message)
    return redirect(address_for(request, "billing:payouts"))


@sales_required
@require_safe
def payouts_refresh(request: SellerRequest) -> HttpResponse:
    """Where Stripe sends the seller whose link was used or is too old: makes a fresh one, for an account that exists."""
    return _to_stripe(request) if request.seller.stripe_account_id else redirect(address_for(request, "billing:payouts"))


def _to_stripe(request: SellerRequest) -> HttpResponse:
    try:
        country = request.POST.get("country", "")
        known = country if country in COUNTRIES else ""
        return HttpResponseRedirect(connect_seller(seller=request.seller, actor=signed_in(request), country=known), status=303)
    except StripeRefused as refused:
        messages.error(request, refused.message)
        return redirect(address_for(request, "billing:payouts"))
