"""The page on which an owner gives an organisation, and the shop that it keeps, another name."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from accounts.organisations.forms import OrganisationNameForm
from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.models import Account
from accounts.people.requests import signed_in
from accounts.sellers.services.renaming import rename_organisation
from common.errors import DomainError
from common.web.forms import refuse_form


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_rename(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask for the new name, and give it. Context: organisation, form (name)."""
    user = signed_in(request)
    organisation = get_object_or_404(organisations_of(user, roles=MANAGING_ROLES), handle=handle)
    form = OrganisationNameForm(request.POST or None, initial={"name": organisation.name})
    page = partial(_page, request, organisation, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        renamed = rename_organisation(organisation=organisation, name=form.cleaned_data["name"], actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("It is called {name} now.").format(name=renamed.name))
    return redirect("accounts:organisation", handle)


def _page(request: HttpRequest, organisation: Account, form: OrganisationNameForm, *, status: int) -> HttpResponse:
    return render(request, "accounts/organisations/rename.html", {"organisation": organisation, "form": form}, status=status)
