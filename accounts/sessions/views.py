"""The list of browsers that are signed in, each with a button that signs it out."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.people.requests import signed_in
from accounts.sessions.models import SignIn
from accounts.sessions.selectors import open_sessions_of
from accounts.sessions.services import end_session


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """List the open sessions: `rows`, of OpenSession."""
    rows = open_sessions_of(signed_in(request), current_key=str(request.session.session_key))
    return render(request, "accounts/sessions.html", {"rows": rows})


@login_required
@require_POST
def session_end(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    """Sign one browser out; the reader's own leads to the home page."""
    user = signed_in(request)
    sign_in = get_object_or_404(SignIn.objects.select_related("user"), pk=sign_in_id, user=user)
    end_session(sign_in=sign_in, actor=user)
    if sign_in.session_key == request.session.session_key:
        logout(request)
        return redirect("marketplace:home")
    messages.success(request, gettext("{browser} is signed out.").format(browser=sign_in.browser_words))
    return redirect("accounts:sessions")
