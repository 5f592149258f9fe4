"""Trying a product, from its page."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.organisations.buying import buyer_named
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.languages import minute
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.pages import product_url
from marketplace.trials.services.starting import start_trial


@login_required
@require_POST
def try_product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Begin the trial of a product for the user, or for an organisation that they buy for (`buyer`: its handle).

    `edition` names the one that is tried, of a product that is sold in editions.
    """
    product = Product.objects.visible().select_related("namespace").filter(pk=product_id).first()
    if product is None:
        raise Http404
    user, edition = signed_in(request), _edition_named(product, request.POST.get("edition", ""))
    try:
        trial = start_trial(product=product, user=user, holder=buyer_named(user, request.POST.get("buyer", "")), edition=edition)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(f"{product_url(product)}?{urlencode({'edition': edition.name})}" if edition else product_url(product))
    own = gettext("You can pull {title} until {end}, with the command below. Then the trial ends by itself.")
    others = gettext("{holder} can pull {title} until {end}. Then the trial ends by itself.")
    said = own if trial.holder == user.account else others
    messages.success(request, said.format(title=trial.title, holder=trial.holder.name, end=f"{minute(trial.ends_at)} UTC"))
    return redirect("marketplace:library")


def _edition_named(product: Product, name: str) -> Edition | None:
    """Return the edition that the page showed; None where it showed the whole product, whether or not the product has editions now."""
    if not name:
        return None
    found = Edition.objects.filter(product=product, name=name).order_by("-retired_at").first()
    if found is None:
        raise Http404
    return found
