"""“Why can’t I pull?” as a page, and for sellers: which of their buyers cannot, or have not."""

from functools import partial

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.models import User
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.selling.guards import SellerRequest, sales_required
from registry_auth.why.answers import PullAnswer
from registry_auth.why.diagnosis import why_not_pull
from registry_auth.why.forms import WhyForm
from registry_auth.why.stuck import sentence_of, stuck_purchases, why_each_is_stuck

_STUCK_PER_PAGE = 25


@never_cache  # the answer is one reader's, at one moment
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("secret")
def why(request: HttpRequest) -> HttpResponse:
    """Answer the form; an address with `?image=` asks for the reader's own account. Context: form, answer (None until asked)."""
    reader = request.user if isinstance(request.user, User) else None
    linked = {"image": request.GET["image"]} if "image" in request.GET else None  # a credential never comes in an address
    form = WhyForm(request.POST if request.method == "POST" else linked, reader=reader)
    if not form.is_valid():
        return _page(request, form, status=400 if form.is_bound else 200)
    try:
        tells_all = reader is not None and reader.is_staff
        answer = why_not_pull(image=form.cleaned_data["image"], login=form.login, viewer=reader, tells_all=tells_all)
    except DomainError as error:
        return refuse_form(form, error, partial(_page, request, form))
    return _page(request, form, answer, status=200)


def _page(request: HttpRequest, form: WhyForm, answer: PullAnswer | None = None, *, status: int) -> HttpResponse:
    return render(request, "registry_auth/why.html", {"form": form, "answer": answer}, status=status)


@sales_required
@require_safe
def stuck(request: SellerRequest) -> HttpResponse:
    """List the seller's buyers who have not pulled what they paid for. Context: page, a Page of Entitlement; rows, each with its reason."""
    page = Paginator(stuck_purchases(request.seller.pk), _STUCK_PER_PAGE).get_page(request.GET.get("page"))
    purchases = list(page.object_list)
    rows = zip(purchases, map(sentence_of, why_each_is_stuck(purchases)), strict=True)
    return render(request, "registry_auth/stuck.html", {"page": page, "rows": list(rows)})
