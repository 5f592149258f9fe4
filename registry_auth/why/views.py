"""“Why can’t I pull?” as a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.people.models import User
from registry_auth.why.diagnosis import why_not_pull
from registry_auth.why.forms import WhyForm
from registry_auth.why.references import NotAnImage


@never_cache  # the answer is one reader's, at one moment
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def why(request: HttpRequest) -> HttpResponse:
    """Answer the form; an address with `?image=` asks for the reader's own account. Context: form, answer (None until asked)."""
    reader = request.user if isinstance(request.user, User) else None
    linked = {"image": request.GET["image"]} if "image" in request.GET else None  # a credential never comes in an address
    form = WhyForm(request.POST if request.method == "POST" else linked, reader=reader)
    answer, status = None, 200
    if form.is_valid():
        try:
            tells_all = reader is not None and reader.is_staff
            answer = why_not_pull(image=form.cleaned_data["image"], login=form.login, viewer=reader, tells_all=tells_all)
        except NotAnImage as error:
            form.add_error(error.field, error.message)
    if form.errors:
        status = 400
    return render(request, "registry_auth/why.html", {"form": form, "answer": answer}, status=status)
