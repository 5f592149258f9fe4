"""What the token endpoint is measured against: Django views that do nothing, and that sign one token; a process of their own."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.token")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

application = get_wsgi_application()

from registry_auth.token.issue import sign_access


def nothing(_request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    return HttpResponse()


def signing(_request: HttpRequest) -> HttpResponse:
    """Sign one pull token for nobody in particular."""
    access = [{"type": "repository", "name": "acme/database", "actions": ["pull"]}]
    return JsonResponse({"token": sign_access(subject="somebody", access=access, now=timezone.now(), lifetime=300)})  # type: ignore[arg-type]  # as a literal


urlpatterns = [path("nothing", nothing), path("signing", signing)]
settings.ROOT_URLCONF = __name__
