"""Who tries a seller's products, and who has bought them afterwards."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.selling.guards import SellerRequest, sales_required
from marketplace.trials.selectors import figures_of_seller, trials_of_seller

_A_PAGE = 25


@sales_required
@require_safe
def trials(request: SellerRequest) -> HttpResponse:
    """List the trials of the seller's products. Context: page, a Page of Trial with product and holder; figures, TrialFigures."""
    page = Paginator(trials_of_seller(request.seller.pk), _A_PAGE).get_page(request.GET.get("page"))
    return render(request, "marketplace/trials.html", {"page": page, "figures": figures_of_seller(request.seller.pk)})
