"""The invited person's side: the link in the mail, and the answer."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.organisations.models import Invitation, Role
from accounts.organisations.selectors import find_invitation, is_invited
from accounts.organisations.services.invitations import accept_invitation, decline_invitation
from accounts.people.models import User
from common.errors import DomainError
from common.web.secret_links import has_opened, open_link

_OPENED = "opened_invitations"  # in the session: the invitations whose links this browser has opened


@never_cache
@require_safe
def invitation_link(request: HttpRequest) -> HttpResponse:
    """Remove the secret from the address before a page is shown."""
    invitation = find_invitation(request.GET.get("key", ""))
    if invitation is None:
        return _page(request, None, status=404)
    return open_link(request, _OPENED, invitation.pk, page="accounts:invitation")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Show the invitation to its recipient, and to whoever has opened its link; take their answer."""
    current = get_object_or_404(Invitation.objects.select_related("account", "invited_by"), pk=invitation_id)
    user = request.user if isinstance(request.user, User) else None
    if not has_opened(request, _OPENED, current.pk) and not (user and is_invited(user, current)):
        raise Http404
    if request.method == "POST":
        return _answer(request, current, user)
    return _page(request, current, user=user, status=200 if current.is_open else 410)


def _answer(request: HttpRequest, current: Invitation, user: User | None) -> HttpResponse:
    try:
        if request.POST.get("answer") == "decline":
            decline_invitation(invitation=current, user=user)
            declined = gettext("You have declined to join {name}. The link no longer works.")
            messages.success(request, declined.format(name=current.account.name))
            return redirect("accounts:organisations" if user else settings.LOGOUT_REDIRECT_URL)
        if request.POST.get("answer") != "accept" or user is None:
            return _page(request, current, user=user, status=400)
        accept_invitation(invitation=current, user=user)
    except DomainError as error:
        current.refresh_from_db()
        return _page(request, current, user=user, refused=error.message, status=error.status)
    joined = gettext("You are now a member of {name}. Your role: {role}.")
    messages.success(request, joined.format(name=current.account.name, role=Role(current.role).label))
    return redirect("accounts:organisation", current.account.handle)


def _page(request: HttpRequest, current: Invitation | None, *, status: int, user: User | None = None, refused: str = "") -> HttpResponse:
    """Show the page: `invitation` (none for an unknown link), its `role`; `for_reader`, `belongs` already; why it was `refused`."""
    context: dict[str, object] = {"invitation": current, "refused": refused}
    if current is not None:
        belongs = user is not None and user.memberships.filter(account=current.account).exists()
        context |= {"role": Role(current.role), "belongs": belongs, "for_reader": user is not None and is_invited(user, current)}
    return render(request, "accounts/organisations/invitation.html", context, status=status)
