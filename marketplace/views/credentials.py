"""Pull credentials: made for what was bought, shown once with what to paste where."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.requests import signed_in
from common.errors import DomainError
from marketplace.forms.credentials import PullCredentialForm
from marketplace.selectors.library import LibraryEntry, library_of
from marketplace.services.credentials import make_pull_credential


@never_cache  # no-store: the answer to a POST holds the secret
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pull_credential(request: HttpRequest) -> HttpResponse:
    """Make a credential for images of the library; `?image=` ticks them. Context: form, entries; then made, secret, listings, this once."""
    entries = [entry for entry in library_of(signed_in(request)) if entry.may_pull]
    form = PullCredentialForm(request.POST or None, entries=entries, chosen=request.GET.getlist("image"))
    if form.is_valid():
        return _make(request, form, entries)
    return _page(request, form, entries, status=400 if form.is_bound else 200)


@sensitive_variables("issued")
def _make(request: HttpRequest, form: PullCredentialForm, entries: list[LibraryEntry]) -> HttpResponse:
    given = form.cleaned_data
    try:
        issued = make_pull_credential(user=signed_in(request), image_ids=form.image_ids, name=given["name"], expires_at=form.expires_at)
    except DomainError as error:
        form.add_error(error.field, error.message)
        return _page(request, form, entries, status=error.status)
    listings = [entry.listing for entry in entries if entry.image.pk in form.image_ids]
    return _page(request, form, entries, made=issued.token, secret=issued.secret, listings=listings)


def _page(request: HttpRequest, form: PullCredentialForm, entries: list[LibraryEntry], status: int = 200, **once: object) -> HttpResponse:
    return render(request, "marketplace/pull_credential.html", {"form": form, "entries": entries, **once}, status=status)
