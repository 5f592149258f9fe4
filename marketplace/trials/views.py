"""Trying a product, from its page."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.organisations.buying import buyer_named
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.languages import minute
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.trials.services.starting import start_trial


@login_required
@require_POST
def try_product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Begin the trial of a product for the user, or for an organisation that they buy for (`buyer`: its handle)."""
    product = Product.objects.visible().select_related("namespace").filter(pk=product_id).first()
    if product is None:
        raise Http404
    user = signed_in(request)
    try:
        trial = start_trial(product=product, user=user, holder=buyer_named(user, request.POST.get("buyer", "")))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(product_url(product))
    own = gettext("You can pull {title} until {end}, with the command below. Then the trial ends by itself.")
    others = gettext("{holder} can pull {title} until {end}. Then the trial ends by itself.")
    said = own if trial.holder == user.account else others
    messages.success(request, said.format(title=product.title, holder=trial.holder.name, end=f"{minute(trial.ends_at)} UTC"))
    return redirect("marketplace:library")
