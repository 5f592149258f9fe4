"""The pages on which a user lists, creates and revokes access tokens."""

from functools import partial
from uuid import UUID

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.organisations.selectors import account_ids_of
from accounts.people.models import User
from accounts.people.requests import has_signed_in_freshly, signed_in
from accounts.sessions.signals import on_new_key
from accounts.tokens import services
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import tokens_of
from common.errors import DomainError
from common.web.forms import refuse_form
from marketplace.credentials.forms import AccessTokenForm
from marketplace.credentials.selectors import images_to_choose
from marketplace.credentials.services import make_access_token


@never_cache  # no-store: the answer to a POST holds the secret
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the user's tokens and make new ones: `tokens` (newest first), `form`; after making one, `made` and `secret`, this once."""
    user = signed_in(request)
    form = _form(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if set(form.cleaned_data["scopes"]) - {TokenScope.PULL} and not has_signed_in_freshly(request):
            raise ReauthenticationRequired  # allauth asks for password or second factor, then sends the same form again
        return _make(request, user, form)
    return _page(request, form, status=400 if form.is_bound else 200)


@sensitive_variables("issued")
def _make(request: HttpRequest, user: User, form: AccessTokenForm) -> HttpResponse:
    values = form.cleaned_data
    try:
        issued = make_access_token(
            user=user, name=values["name"], scopes=values["scopes"], image_ids=form.image_ids, expires_at=form.expires_at
        )
    except DomainError as error:
        return refuse_form(form, error, partial(_page, request, form))
    return _page(request, _form(user), made=issued.token, secret=issued.secret)


def _form(user: User, data: object = None) -> AccessTokenForm:
    return AccessTokenForm(data, images=images_to_choose(account_ids_of(user)))


def _page(request: HttpRequest, form: AccessTokenForm, status: int = 200, **once: object) -> HttpResponse:
    return render(request, "marketplace/tokens.html", {"form": form, "tokens": tokens_of(signed_in(request)), **once}, status=status)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Revoke one of the user's tokens; somebody else's is answered with 404."""
    user = signed_in(request)
    token = get_object_or_404(AccessToken, pk=token_id, user=user)
    services.revoke_access_token(token=token, actor=user)
    message = gettext("{name} is revoked. Whatever uses it is refused from its next request on.")
    messages.success(request, message.format(name=token.name))
    return redirect("marketplace:tokens")


@login_required
@require_POST
def log_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every other session and every identity token of the user; this browser stays signed in."""
    user = signed_in(request)
    services.log_out_everywhere(user=user)
    update_session_auth_hash(request, user)
    on_new_key(request=request, user=user)
    message = gettext("Every other browser and every docker sign-in was signed out. Access tokens stay until you revoke them.")
    messages.success(request, message)
    return redirect("marketplace:tokens")
