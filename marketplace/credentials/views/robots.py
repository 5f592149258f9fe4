"""The pages of an organisation's robots: its members see them; its owners create, replace and revoke them."""

from functools import partial
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.organisations.models import Membership
from accounts.people.requests import has_signed_in_freshly, signed_in
from accounts.robots.selectors import robots_of
from accounts.robots.services import MOST_ROBOTS, revoke_robot
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.services import IssuedToken
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.credentials.forms import ReplaceRobotForm, RobotForm
from marketplace.credentials.selectors import images_of_credential, images_to_choose
from marketplace.credentials.services import make_robot, replace_robot
from marketplace.images.models import Image
from marketplace.shopwindow.listings import list_images

_SNIPPETS_FOR = 20  # images: who has more knows by then how to go on


@never_cache  # no-store: the answer to a POST holds the secret
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def robots(request: HttpRequest, handle: str) -> HttpResponse:
    """List the robots (`rows`); owners (`manages`) create new ones (`form`), whose secret the answer shows once."""
    membership = _membership(request, handle)
    if request.method == "POST":
        _require_owner(membership)
    images = images_to_choose((membership.account_id,))
    form = RobotForm(request.POST or None, images=images)
    if form.is_valid():
        _require_fresh_login(request, pushes=form.cleaned_data["pushes"])
        return _make(request, membership, form, images)
    return _list(request, membership, form, status=400 if form.is_bound else 200)


@sensitive_variables("issued")
def _make(request: HttpRequest, membership: Membership, form: RobotForm, images: list[Image]) -> HttpResponse:
    try:
        issued = make_robot(
            organisation=membership.account,
            actor=signed_in(request),
            name=form.cleaned_data["name"],
            image_ids=form.image_ids,
            pushes=form.cleaned_data["pushes"],
            expires_at=form.expires_at,
        )
    except DomainError as error:
        return refuse_form(form, error, partial(_list, request, membership, form))
    chosen = set(form.image_ids)
    return _show_once(request, issued, [image for image in images if not chosen or image.pk in chosen])


def _list(request: HttpRequest, membership: Membership, form: RobotForm, status: int = 200) -> HttpResponse:
    organisation = membership.account
    context = {"organisation": organisation, "rows": robots_of(organisation), "manages": _manages(membership), "most": MOST_ROBOTS}
    return render(request, "marketplace/robots.html", {"form": form, **context}, status=status)


@sensitive_variables("issued")
def _show_once(request: HttpRequest, issued: IssuedToken, images: list[Image]) -> HttpResponse:
    context = {"organisation": issued.token.organisation, "made": issued.token, "secret": issued.secret}
    return render(request, "marketplace/robot_made.html", {"listings": list_images(images[:_SNIPPETS_FOR]), **context})


@never_cache  # no-store: the answer to a POST holds the secret
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def replace(request: HttpRequest, handle: str, robot_id: UUID) -> HttpResponse:
    """Give a robot a new secret (`robot`, `form`), which the answer shows once."""
    robot = _own_robot(request, handle, robot_id)
    form = ReplaceRobotForm(request.POST or None)
    if form.is_valid():
        _require_fresh_login(request, pushes=TokenScope.PUSH in robot.scopes)
        try:
            issued = replace_robot(robot=robot, actor=signed_in(request), overlap=form.overlap_time, expires_at=form.expires_at)
        except DomainError as error:
            return refuse_form(form, error, partial(_ask_how, request, robot, form))
        return _show_once(request, issued, images_of_credential(issued.token))
    return _ask_how(request, robot, form, status=400 if form.is_bound else 200)


def _ask_how(request: HttpRequest, robot: AccessToken, form: ReplaceRobotForm, *, status: int) -> HttpResponse:
    context = {"robot": robot, "organisation": robot.organisation, "form": form}
    return render(request, "marketplace/robot_replace.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, handle: str, robot_id: UUID) -> HttpResponse:
    """Ask for confirmation, then revoke a robot."""
    robot = _own_robot(request, handle, robot_id)
    if request.method != "POST":
        return render(request, "marketplace/robot_revoke.html", {"robot": robot, "organisation": robot.organisation})
    try:
        revoke_robot(robot=robot, actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        message = gettext("{name} is revoked. Whatever uses it is refused from its next request on.")
        messages.success(request, message.format(name=robot.username))
    return redirect("marketplace:robots", handle)


def _membership(request: HttpRequest, handle: str) -> Membership:
    """Return the reader's membership of the organisation.

    Raises:
        Http404: there is no such organisation, or the reader does not belong to it.
    """
    memberships = Membership.objects.select_related("account").filter(account__handle=handle)
    return get_object_or_404(memberships, user=signed_in(request))


def _require_fresh_login(request: HttpRequest, *, pushes: bool) -> None:
    """Ask for password or second factor before a secret is made that pushes; allauth then sends the same form again.

    Raises:
        ReauthenticationRequired: the last time was too long ago.
    """
    if pushes and not has_signed_in_freshly(request):
        raise ReauthenticationRequired


def _manages(membership: Membership) -> bool:
    return membership.manages


def _require_owner(membership: Membership) -> None:
    if not _manages(membership):
        raise Http404


def _own_robot(request: HttpRequest, handle: str, robot_id: UUID) -> AccessToken:
    """Return a robot of an organisation that the reader manages.

    Raises:
        Http404: there is none, or it is not theirs to manage.
    """
    membership = _membership(request, handle)
    _require_owner(membership)
    return get_object_or_404(AccessToken.objects.select_related("organisation"), organisation=membership.account_id, pk=robot_id)
