"""The page on which a user creates a pull credential: its secret is shown once, with snippets for docker, compose, Kubernetes and CI."""

from functools import partial

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.organisations.selectors import account_ids_of
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.credentials.forms import PullCredentialForm
from marketplace.credentials.selectors import images_to_choose
from marketplace.credentials.services import make_pull_credential
from marketplace.images.models import Image
from marketplace.shopwindow.listings import list_images


@never_cache  # no-store: the answer to a POST holds the secret
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pull_credential(request: HttpRequest) -> HttpResponse:
    """Create a credential for images the user may pull; `?image=` ticks them. Context: form, images; once made, secret, listings too."""
    images = images_to_choose(account_ids_of(signed_in(request)))
    form = PullCredentialForm(request.POST or None, images=images, chosen=request.GET.getlist("image"))
    if form.is_valid():
        return _make(request, form, images)
    return _page(request, form, images, status=400 if form.is_bound else 200)


@sensitive_variables("issued")
def _make(request: HttpRequest, form: PullCredentialForm, images: list[Image]) -> HttpResponse:
    name = form.cleaned_data["name"]
    try:
        issued = make_pull_credential(user=signed_in(request), image_ids=form.image_ids, name=name, expires_at=form.expires_at)
    except DomainError as error:
        return refuse_form(form, error, partial(_page, request, form, images))
    listings = list_images([image for image in images if image.pk in form.image_ids])
    return _page(request, form, images, made=issued.token, secret=issued.secret, listings=listings)


def _page(request: HttpRequest, form: PullCredentialForm, images: list[Image], status: int = 200, **once: object) -> HttpResponse:
    return render(request, "marketplace/pull_credential.html", {"form": form, "images": images, **once}, status=status)
