"""Where a sign-in leads whose cause was a form: back to the page with the form, for the form's own address may show nothing."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from common.web.came_from import path_before


class BackToTheFormMiddleware:
    """Let who sends a form and has to sign in first come back to the page that the form was on, whichever view asks for it.

    A browser that does not say which page that was is led to the library, as after every sign-in. What was typed is not kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and _returns_to_itself(request, response):
            sign_in, page = urlsplit(response["Location"]).path, path_before(request)
            response["Location"] = redirect_to_login(page, sign_in).url if page else sign_in
        return response


def _returns_to_itself(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether somebody is asked to sign in, to be sent to the address of the request after it."""
    address = urlsplit(response.get("Location", ""))
    if address.path not in {reverse("account_login"), reverse("admin:login")}:
        return False
    return QueryDict(address.query).get(REDIRECT_FIELD_NAME) == request.get_full_path()
