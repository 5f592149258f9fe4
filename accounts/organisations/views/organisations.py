"""Organisations: the list of one's own, founding one, its members and whom it has invited."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.organisations.forms import InvitationForm, OrganisationForm, RoleForm
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.selectors import has_namespace, members_of, memberships_of, open_invitations_to, pending_invitations_of
from accounts.organisations.services import invitations, organisations
from accounts.people.requests import has_signed_in_freshly, signed_in
from accounts.tokens.lifetimes import pull_ends_after_minutes
from common.errors import DomainError
from common.web.forms import refuse_form
from common.web.pages import say_when_to_retry

_MEMBERS_PER_PAGE = 50
_PENDING = 100  # newest invitations without an answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_list(request: HttpRequest) -> HttpResponse:
    """List the user's organisations and found one: `memberships`, `invitations` open to them, `form`."""
    form = OrganisationForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _list(request, form, status=400 if form.is_bound else 200)
    try:
        founded = organisations.found_organisation(user=signed_in(request), **form.cleaned_data)
    except DomainError as error:
        return refuse_form(form, error, partial(_list, request, form))
    messages.success(request, gettext("You now own {name}. Invite the others.").format(name=founded.name))
    return redirect("accounts:organisation", founded.handle)


def _list(request: HttpRequest, form: OrganisationForm, *, status: int) -> HttpResponse:
    user = signed_in(request)
    context = {"memberships": memberships_of(user), "invitations": open_invitations_to(user), "form": form}
    return render(request, "accounts/organisations/list.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, handle: str) -> HttpResponse:
    """Show an organisation to those who belong to it; an owner's form invites somebody."""
    own = _own(request, handle)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, own, form)
    if not form.is_valid():
        return _page(request, own, form, status=400)
    return _invite(request, own, form)


def _invite(request: HttpRequest, own: Membership, form: InvitationForm) -> HttpResponse:
    _require_fresh_login(request, form.cleaned_data["role"])
    try:
        invited = invitations.invite(organisation=own.account, actor=own.user, **form.cleaned_data)
    except DomainError as error:
        if error.field is None:  # above the page: somebody who is not an owner has no form to read it at
            return _page(request, own, form, status=error.status, refused=error.message)
        return refuse_form(form, error, partial(_page, request, own, form))
    done = gettext("{email} is invited. The link in our mail works for {days} days.")
    messages.success(request, done.format(email=invited.email, days=invitations.LIFETIME.days))
    return redirect("accounts:organisation", own.account.handle)


def _page(request: HttpRequest, own: Membership, form: InvitationForm, *, status: int = 200, refused: str = "") -> HttpResponse:
    """Show the page: `organisation`, `own` (the reader's membership), `members`, what the reader may; for owners `pending` and `form`."""
    manages = own.manages
    members = Paginator(members_of(own.account), _MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "organisation": own.account,
        "own": own,
        "page": members,
        "members": list(members.object_list),
        "roles": Role,
        "manages": manages,
        "pulls": own.pulls,
        "buys": own.buys,
        "sells": own.sells and has_namespace(own.account),
        "pending": pending_invitations_of(own.account)[:_PENDING] if manages else [],
        "form": form,
        "pull_ends_after": pull_ends_after_minutes(),
        "refused": refused,
    }
    return render(request, "accounts/organisations/organisation.html", context, status=status)


@login_required
@require_POST
def member_role(request: HttpRequest, handle: str, membership_id: UUID) -> HttpResponse:
    """Give a member another role."""
    own, membership = _member(request, handle, membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Nothing was changed: choose one of the roles."))
        return redirect("accounts:organisation", handle)
    role: Role = form.cleaned_data["role"]
    _require_fresh_login(request, role)
    done = gettext("{username} now has the role {role}.").format(username=membership.user.username, role=role.label)
    return _act(request, handle, lambda: organisations.change_role(membership=membership, role=role, actor=own.user), done)


@login_required
@require_POST
def member_remove(request: HttpRequest, handle: str, membership_id: UUID) -> HttpResponse:
    """Remove somebody from the organisation."""
    own, membership = _member(request, handle, membership_id)
    done = gettext("{username} no longer belongs to {name}.").format(username=membership.user.username, name=own.account.name)
    return _act(request, handle, lambda: organisations.remove_member(membership=membership, actor=own.user), done)


@login_required
@require_POST
def organisation_leave(request: HttpRequest, handle: str) -> HttpResponse:
    """Leave the organisation."""
    own = _own(request, handle)
    left = gettext("You have left {name}.").format(name=own.account.name)
    return _act(request, handle, lambda: organisations.leave_organisation(organisation=own.account, user=own.user), left, to_list=True)


@login_required
@require_POST
def invitation_withdraw(request: HttpRequest, handle: str, invitation_id: UUID) -> HttpResponse:
    """Withdraw an invitation."""
    own, invitation = _invitation(request, handle, invitation_id)
    done = gettext("The invitation to {email} is withdrawn: its link no longer works.").format(email=invitation.email)
    return _act(request, handle, lambda: invitations.withdraw_invitation(invitation=invitation, actor=own.user), done)


@login_required
@require_POST
def invitation_resend(request: HttpRequest, handle: str, invitation_id: UUID) -> HttpResponse:
    """Send an invitation again, with a new link and a new expiry."""
    own, invitation = _invitation(request, handle, invitation_id)
    role = Role(invitation.role)
    _require_fresh_login(request, role)
    email = invitation.email
    done = gettext("{email} was sent a new link; the old one no longer works.").format(email=email)
    return _act(request, handle, lambda: invitations.invite(organisation=own.account, email=email, role=role, actor=own.user), done)


def _act(request: HttpRequest, handle: str, perform: Callable[[], object], done: str, *, to_list: bool = False) -> HttpResponse:
    """Act and return to the organisation's page, or to the list; that page shows a refusal, with its status."""
    try:
        perform()
    except DomainError as error:
        return say_when_to_retry(_page(request, _own(request, handle), InvitationForm(), status=error.status, refused=error.message), error)
    messages.success(request, done)
    return redirect("accounts:organisations") if to_list else redirect("accounts:organisation", handle)


def _own(request: HttpRequest, handle: str) -> Membership:
    """Return the reader's membership; 404 for an organisation that they do not belong to."""
    return get_object_or_404(Membership.objects.select_related("account", "user"), user=signed_in(request), account__handle=handle)


def _member(request: HttpRequest, handle: str, membership_id: UUID) -> tuple[Membership, Membership]:
    own = _own(request, handle)
    return own, get_object_or_404(members_of(own.account), pk=membership_id)


def _invitation(request: HttpRequest, handle: str, invitation_id: UUID) -> tuple[Membership, Invitation]:
    own = _own(request, handle)
    return own, get_object_or_404(Invitation, pk=invitation_id, account=own.account)


def _require_fresh_login(request: HttpRequest, role: Role) -> None:
    """Ask for password or second factor before an organisation gets another owner; allauth then sends the same form again.

    Raises:
        ReauthenticationRequired: the last time was too long ago.
    """
    if role.manages and not has_signed_in_freshly(request):
        raise ReauthenticationRequired
