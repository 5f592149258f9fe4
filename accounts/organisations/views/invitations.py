"""The invited person's side: the link in the mail, and the answer."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.organisations.models import Invitation, Role
from accounts.organisations.selectors import find_invitation, is_invited
from accounts.organisations.services.invitations import accept_invitation, decline_invitation
from accounts.people.models import User
from common.errors import DomainError

_OPENED = "opened_invitations"  # in the session: whose links this browser has opened
_MOST_OPENED = 10


@never_cache
@require_safe
def invitation_link(request: HttpRequest) -> HttpResponse:
    """Take the secret out of the address before any page is shown: nothing on it, and no Referer, can pass it on.

    Programs that look through mails open links too, so this changes nothing but the browser's own session.
    """
    invitation = find_invitation(request.GET.get("key", ""))
    if invitation is None:
        return _page(request, None, status=404)
    opened = [key for key in request.session.get(_OPENED, []) if key != str(invitation.pk)]
    request.session[_OPENED] = [*opened, str(invitation.pk)][-_MOST_OPENED:]
    answer = redirect("accounts:invitation", invitation.pk)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Show who asks whom to be what, to whom it is for and to who has opened its link; take their answer."""
    asked = get_object_or_404(Invitation.objects.select_related("account", "invited_by"), pk=invitation_id)
    user = request.user if isinstance(request.user, User) else None
    if str(asked.pk) not in request.session.get(_OPENED, []) and not (user and is_invited(user, asked)):
        raise Http404
    if request.method == "POST":
        return _answer(request, asked, user)
    return _page(request, asked, user=user, status=200 if asked.is_open else 410)


def _answer(request: HttpRequest, asked: Invitation, user: User | None) -> HttpResponse:
    try:
        if request.POST.get("answer") == "decline":
            decline_invitation(invitation=asked, user=user)
            messages.success(request, f"You have declined to join {asked.account.name}. The link no longer works.")
            return redirect("accounts:organisations" if user else settings.LOGOUT_REDIRECT_URL)
        if request.POST.get("answer") != "accept" or user is None:
            return _page(request, asked, user=user, status=400)
        accept_invitation(invitation=asked, user=user)
    except DomainError as error:
        asked.refresh_from_db()
        return _page(request, asked, user=user, refused=error.message, status=error.status)
    messages.success(request, f"You are now a member of {asked.account.name}. Your role: {Role(asked.role).label}.")
    return redirect("accounts:organisation", asked.account.handle)


def _page(request: HttpRequest, asked: Invitation | None, *, status: int, user: User | None = None, refused: str = "") -> HttpResponse:
    """Show the page: `invitation` (none for an unknown link), its `role`; `for_reader`, `belongs` already; why it was `refused`."""
    context: dict[str, object] = {"invitation": asked, "refused": refused}
    if asked is not None:
        belongs = user is not None and user.memberships.filter(account=asked.account).exists()
        context |= {"role": Role(asked.role), "belongs": belongs, "for_reader": user is not None and is_invited(user, asked)}
    return render(request, "accounts/organisations/invitation.html", context, status=status)
