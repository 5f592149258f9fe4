"""The page on which a seller shows that a domain is theirs."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domains.faults import in_readers_language
from accounts.domains.models import ShopDomain
from accounts.domains.proofs import RECORD
from accounts.domains.selectors import domains_to_check
from accounts.domains.services import check_domain_again, name_domain, remove_domain
from accounts.domains.website import PATH
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.images.ownership import require_owner
from marketplace.selling.forms import DomainForm
from marketplace.selling.guards import SellerRequest, address_for, seller_required


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def domain(request: SellerRequest) -> HttpResponse:
    """Show the seller's domain and what was seen of it, or name one."""
    form = DomainForm(request.POST if request.method == "POST" else None)
    page = partial(_page, request, form)
    if form.is_bound:
        require_owner(signed_in(request), request.seller.pk)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        named = name_domain(seller_id=request.seller.pk, domain=form.cleaned_data["domain"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("{domain} is looked at now. Put the code there, in one of the two ways.").format(domain=named.domain))
    return redirect(address_for(request, "marketplace:domain"))


def _page(request: SellerRequest, form: DomainForm, *, status: int) -> HttpResponse:
    found, now = ShopDomain.objects.filter(seller=request.seller).first(), timezone.now()
    context = {
        "form": form,
        "domain": found,
        "verified": found is not None and found.is_verified(now),
        "watched": domains_to_check(now).filter(seller=request.seller).exists(),
        "fault": in_readers_language(found.last_error) if found else "",
        "record": f"{RECORD}.{found.domain}" if found else "",
        "file": f"https://{found.domain}{PATH}" if found else "",
    }
    return render(request, "marketplace/domain.html", context, status=status)


@seller_required
@require_POST
def check(request: SellerRequest) -> HttpResponse:
    """Have the proof looked for now."""
    require_owner(signed_in(request), request.seller.pk)
    try:
        check_domain_again(seller_id=request.seller.pk, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("It is looked for now. Reload this page in a minute."))
    return redirect(address_for(request, "marketplace:domain"))


@seller_required
@require_POST
def remove(request: SellerRequest) -> HttpResponse:
    """Take the domain off the seller's pages."""
    require_owner(signed_in(request), request.seller.pk)
    remove_domain(seller_id=request.seller.pk, actor=signed_in(request))
    messages.success(request, gettext("Your pages show no domain any more."))
    return redirect(address_for(request, "marketplace:domain"))
