"""Pages of what the shop holds of somebody, and on which accounts end: one's own, or an organisation that one owns."""

from functools import partial
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.organisations.forms import HandleForm
from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.models import Account
from accounts.people.requests import has_signed_in_freshly, signed_in
from accounts.privacy.models import DataExport
from accounts.privacy.selectors import obstacles_to_ending
from accounts.privacy.services.closing import close_organisation
from accounts.privacy.services.deletion import delete_account
from accounts.privacy.services.export import LIFETIME, request_export
from common.errors import DomainError
from common.web.forms import refuse_form


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_close(request: HttpRequest, handle: str) -> HttpResponse:
    """Say what closing means and what stands against it, and do it after a fresh login. Context: organisation, form, obstacles."""
    user = signed_in(request)
    organisation = get_object_or_404(organisations_of(user, roles=MANAGING_ROLES), handle=handle)
    form = HandleForm(request.POST or None, handle=organisation.handle)
    page = partial(_close_page, request, organisation, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    if not has_signed_in_freshly(request):
        raise ReauthenticationRequired  # allauth asks for password or second factor, then sends the same form again
    try:
        close_organisation(organisation=organisation, actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("{name} is closed.").format(name=organisation.name))
    return redirect("accounts:organisations")


def _close_page(request: HttpRequest, organisation: Account, form: HandleForm, *, status: int) -> HttpResponse:
    context = {"organisation": organisation, "form": form, "obstacles": obstacles_to_ending(organisation)}
    return render(request, "accounts/organisations/close.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest) -> HttpResponse:
    """Show whether an archive of the user's data is there, or have one made. Context: export (DataExport) or None, days."""
    user = signed_in(request)
    if request.method == "POST":
        request_export(user=user)
        messages.success(request, gettext("The archive is being made. We write to you when it is ready."))
        return redirect("accounts:data")
    export = DataExport.objects.filter(user=user).defer("content").first()
    return render(request, "accounts/data.html", {"export": export, "days": LIFETIME.days})


@never_cache  # no-store: it is all that the shop holds of somebody
@login_required
@require_safe
def data_archive(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Answer with the archive, after a fresh login."""
    export = get_object_or_404(DataExport, pk=export_id, user=signed_in(request))
    if not export.ready:
        raise Http404
    if not has_signed_in_freshly(request):
        raise ReauthenticationRequired
    name = f"layerstore-{export.user.username}-{export.made_at:%Y-%m-%d}.zip"
    return HttpResponse(
        bytes(export.content or b""), content_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """Say what deletion means and what stands against it, and do it after a fresh login. Context: form (handle), obstacles."""
    user = signed_in(request)
    form = HandleForm(request.POST or None, handle=user.username)
    page = partial(_delete_page, request, form)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    if not has_signed_in_freshly(request):
        raise ReauthenticationRequired
    try:
        delete_account(user=user, reason="They deleted it themselves.", actor=user)
    except DomainError as error:
        return refuse_form(form, error, page)
    logout(request)
    messages.success(request, gettext("Your account is deleted."))
    return redirect("marketplace:home")


def _delete_page(request: HttpRequest, form: HandleForm, *, status: int) -> HttpResponse:
    context = {"form": form, "obstacles": obstacles_to_ending(signed_in(request).account)}
    return render(request, "accounts/delete.html", context, status=status)
