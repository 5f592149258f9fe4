"""The page on which a person hands a namespace over to an organisation of theirs."""

from functools import partial
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.requests import has_signed_in_freshly, signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.images.models import Namespace
from marketplace.products.models import Product
from marketplace.products.services.hand_over import hand_over_namespace
from marketplace.selling.forms import HandOverForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, namespace_id: UUID) -> HttpResponse:
    """Ask to which organisation, say what that means, and do it; after a fresh login, for it cannot be undone here."""
    user = signed_in(request)
    namespace = get_object_or_404(Namespace, pk=namespace_id, owner=user.account)
    form = HandOverForm(request.POST or None, organisations=organisations_of(user, roles=MANAGING_ROLES), name=namespace.name)
    page = partial(_page, request, namespace, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    if not has_signed_in_freshly(request):
        raise ReauthenticationRequired  # allauth asks for password or second factor, then sends the same form again
    organisation = form.cleaned_data["organisation"]
    try:
        hand_over_namespace(namespace=namespace, organisation=organisation, actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(
        request, gettext("{namespace} belongs to {organisation} now.").format(namespace=namespace.name, organisation=organisation.name)
    )
    return redirect(f"{reverse('marketplace:dashboard')}?seller={organisation.handle}")


def _page(request: HttpRequest, namespace: Namespace, form: HandOverForm, *, status: int) -> HttpResponse:
    context = {
        "namespace": namespace,
        "form": form,
        "image_count": namespace.images.filter(freed_at__isnull=True).count(),
        "product_count": Product.objects.filter(namespace=namespace).count(),
    }
    return render(request, "marketplace/hand_over.html", context, status=status)
