"""Reporting something, and what became of it."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.models import User
from accounts.people.requests import signed_in
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.moderation.forms import AppealForm, ReportForm
from marketplace.moderation.selectors import decisions_about, reports_by
from marketplace.moderation.services import appeal_report, make_report
from marketplace.moderation.targets import find_target

_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, about: str, target_id: UUID) -> HttpResponse:
    """Report a product, an image, a shop or a review; visitors leave an address for the answer."""
    reporter = request.user if isinstance(request.user, User) else None
    target = find_target(about, target_id, reporter)
    if target is None:
        raise Http404
    form = ReportForm(request.POST if request.method == "POST" else None, visitor=reporter is None)
    page = partial(render, request, "marketplace/report.html", {"form": form, "target": target})
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        make_report(target=target, reporter=reporter, **form.cleaned_data)
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("Thank you. Our staff look at it, and the answer comes by mail."))
    return redirect(target.url)


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """List what was decided about the reader, and what they have reported."""
    user = signed_in(request)
    context = {
        "decisions": decisions_about(user)[:_PER_PAGE],
        "page": Paginator(reports_by(user), _PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "marketplace/reports.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_appeal(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show a decision about the reader in full, with the form to appeal while they can."""
    user = signed_in(request)
    found = decisions_about(user).filter(pk=report_id).first()
    if found is None:
        raise Http404
    form = AppealForm(request.POST if request.method == "POST" else None)
    page = partial(render, request, "marketplace/report_appeal.html", {"form": form, "report": found})
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        appeal_report(report=found, actor=user, appeal=form.cleaned_data["appeal"])
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("Your appeal is with our staff. The answer comes by mail."))
    return redirect("marketplace:reports")
