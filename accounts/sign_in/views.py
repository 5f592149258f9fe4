"""The account's overview page, its language and its currency."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from accounts.organisations.selectors import memberships_of, open_invitations_to
from accounts.people.requests import signed_in
from accounts.people.selectors import has_verified_email
from accounts.people.services import choose_currency, choose_language
from accounts.sellers.models import SellerProfile
from accounts.tokens.selectors import live_tokens_of
from common.web.came_from import page_before
from common.web.currencies import COOKIE, known_currency
from common.web.languages import known_language


@login_required
@require_safe
def account_settings(request: HttpRequest) -> HttpResponse:
    """Show what is set: `email_verified`, `second_factor`, `seller` (SellerProfile or None); count tokens, organisations, invitations."""
    user = signed_in(request)
    context = {
        "email_verified": has_verified_email(user),
        "second_factor": is_mfa_enabled(user),
        "seller": SellerProfile.objects.filter(account__user=user).first(),
        "token_count": live_tokens_of(user).count(),
        "organisation_count": memberships_of(user).count(),
        "invitation_count": open_invitations_to(user).count(),
    }
    return render(request, "accounts/settings.html", context)


@login_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the language of the account, and return to the page with the switch; what is none of ours leaves pages to the browser.

    Mails are then in the language that the page with the switch has.
    """
    chosen = known_language(request.POST.get("language", "")) or ""
    choose_language(user=signed_in(request), language=chosen, mails=get_language() or "")
    return HttpResponseRedirect(page_before(request), status=303)


@login_required
@require_POST
def currency(request: HttpRequest) -> HttpResponse:
    """Keep the currency in which the account is shown prices, and return to the page; what is none of ours leaves it to the browser.

    What the browser kept before somebody signed in counts no more.
    """
    choose_currency(user=signed_in(request), currency=known_currency(request.POST.get("currency", "")) or "")
    response = HttpResponseRedirect(page_before(request), status=303)
    response.delete_cookie(COOKIE, samesite="Lax")
    return response
