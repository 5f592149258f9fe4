"""The seller's first pages: becoming a seller, the dashboard with the next step, reserving names."""

from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.models import Account, User
from accounts.people.requests import signed_in
from accounts.people.selectors import has_verified_email
from accounts.sellers.models import SellerProfile
from common.errors import DomainError
from common.ids import read_id
from common.web.forms import refuse_form
from common.web.links import image_reference
from marketplace.covers.selectors import Shape
from marketplace.images.forms import ReserveForm
from marketplace.images.models import Image, Namespace
from marketplace.images.selectors.availability import NameState, image_name_availability
from marketplace.images.selectors.storage import storage_of
from marketplace.images.services.namespaces import choose_namespace
from marketplace.images.services.reservations import reserve_image
from marketplace.products.models import Product
from marketplace.products.selectors.pages import with_parts
from marketplace.selling.forms import StartForm
from marketplace.selling.guards import SellerRequest, address_for, remember_seller, seller_required
from marketplace.selling.numbers import numbers_of
from marketplace.selling.progress import Milestone, ProgressStep, current_step, selling_steps
from marketplace.shopwindow.listings import ImageListing, list_images, list_products

_IMAGES = 200  # newest ones; a namespace has room for fewer unless staff gave it more
_PRODUCTS_PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step that the dashboard suggests to the seller."""

    title: str
    text: str
    url: str
    label: str
    command: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Let a user become a seller by choosing their namespace, or make an organisation of theirs one: `?organisation=HANDLE`.

    Raises:
        Http404: they do not own such an organisation.
    """
    user = signed_in(request)
    organisation = _organisation(request, user)
    owner = organisation or user.account
    data = request.POST if request.method == "POST" else None
    form = StartForm(data, initial={"display_name": user.account.name, "name": owner.handle}, organisation=organisation)
    page = partial(_start_page, request, form, owner)
    if not form.is_bound:
        return redirect(_address("dashboard", owner)) if Namespace.objects.filter(owner=owner).exists() else page(status=200)
    if not form.is_valid():
        return page(status=400)
    try:
        namespace = choose_namespace(user=user, organisation=organisation, **form.cleaned_data)
    except DomainError as error:
        return refuse_form(form, error, page)
    if organisation:
        done = gettext("{namespace} is {organisation}’s. Now reserve the name of the first image.")
    else:
        done = gettext("{namespace} is yours. Now reserve the name of the first image.")
    messages.success(request, done.format(namespace=namespace.name, organisation=owner.name))
    return redirect(_address("reserve", owner))


def _organisation(request: HttpRequest, user: User) -> Account | None:
    handle = request.POST.get("organisation") or request.GET.get("organisation")
    return get_object_or_404(organisations_of(user, roles=MANAGING_ROLES), handle=handle) if handle else None


def _address(view: str, owner: Account) -> str:
    return f"{reverse(f'marketplace:{view}')}?seller={owner.handle}"


def _start_page(request: HttpRequest, form: StartForm, owner: Account, *, status: int) -> HttpResponse:
    others = () if form.organisation else organisations_of(signed_in(request), roles=MANAGING_ROLES)
    context = {
        "form": form,
        "organisation": form.organisation,
        "organisations": others,
        "sold_before": form.organisation is None and SellerProfile.objects.filter(account=owner).exists(),
        "steps": _steps(signed_in(request), owner),
    }
    return render(request, "marketplace/start.html", context, status=status)


def _steps(user: User, owner: Account) -> list[ProgressStep]:
    return selling_steps(owner, email_verified=has_verified_email(user))


@seller_required
@require_safe
def dashboard(request: SellerRequest) -> HttpResponse:
    """Show figures, names, products and the next step; `?seller=HANDLE` chooses the seller from now on."""
    if "seller" in request.GET:
        remember_seller(request)
    steps = _steps(signed_in(request), request.seller.account)
    images = list_images(Image.objects.occupying().filter(owner=request.seller.pk).order_by("-reserved_at")[:_IMAGES])
    published = Product.objects.published().filter(product_images__image=OuterRef("pk"))
    sold = set(Image.objects.filter(Exists(published), pk__in=[row.image.pk for row in images]).values_list("pk", flat=True))
    products = Product.objects.filter(seller=request.seller).order_by("-updated_at", "pk")
    page = Paginator(with_parts(products), _PRODUCTS_PER_PAGE).get_page(request.GET.get("page"))
    numbers = numbers_of(request.seller, request.GET.dict()) if request.role.buys else None
    context = {
        "seller": request.seller,
        "numbers": numbers,
        "shows_numbers": numbers is not None and not numbers.is_empty,
        "namespaces": Namespace.objects.filter(owner=request.seller.pk),
        "storage": storage_of(request.seller.pk),
        "steps": steps,
        "next_step": _next_step(request, current_step(steps), images),
        "images": images,
        "sold": sold,
        "page": page,
        "products": list_products(list(page.object_list), Shape.LINE),
    }
    return render(request, "marketplace/dashboard.html", context)


def _next_step(request: SellerRequest, milestone: Milestone | None, images: list[ImageListing]) -> NextStep | None:
    match milestone:
        case Milestone.RESERVED:
            text = gettext("The name buyers will type after docker pull. It costs nothing, and your first push keeps it for good.")
            return NextStep(gettext("reserve a name"), text, address_for(request, "marketplace:reserve"), gettext("Reserve a name"))
        case Milestone.PUSHED:
            image = next(row.image for row in images if row.image.is_live)
            url = reverse("marketplace:image", args=[image.pk])
            text = gettext("Sign docker in with an access token that may push, then push. The tag appears within seconds.")
            return NextStep(gettext("push an image"), text, url, gettext("See the commands"), f"docker push {image.reference}:1.0")
        case Milestone.PAGE:
            text = gettext("Describe the image, name its licence and set a price, or make it free. Nobody sees it until you publish.")
            url = address_for(request, "marketplace:product_new")
            return NextStep(gettext("make its page and price"), text, url, gettext("New product"))
        case Milestone.PUBLISHED:
            text = gettext("Open the product below. Its check-list shows what is left to do; then one button publishes it.")
            return NextStep(gettext("publish"), text, f"{address_for(request, 'marketplace:dashboard')}#pr", gettext("To your products"))
        case Milestone.VERIFIED:
            text = gettext("Open the link we sent you. Only people with a confirmed address can reserve names.")
            return NextStep(gettext("confirm your e-mail"), text, reverse("account_email"), gettext("To your e-mail"))
    return None


@seller_required
@require_http_methods(["GET", "HEAD", "POST"])
def reserve(request: SellerRequest) -> HttpResponse:
    """Reserve a name for an image."""
    namespaces = Namespace.objects.filter(owner=request.seller.pk)
    form = ReserveForm(request.POST if request.method == "POST" else None, namespaces=namespaces)
    page = partial(_reserve_page, request, form, namespaces)
    if not form.is_valid():
        return page(status=400 if form.is_bound else 200)
    try:
        image = reserve_image(namespace=form.chosen, name=form.cleaned_data["name"], actor=signed_in(request))
    except DomainError as error:
        return refuse_form(form, error, page)
    messages.success(request, gettext("{repository} is yours. Push to it now.").format(repository=image.repository))
    return redirect("marketplace:image", image.pk)


def _reserve_page(request: SellerRequest, form: ReserveForm, namespaces: QuerySet[Namespace], *, status: int) -> HttpResponse:
    steps = _steps(signed_in(request), request.seller.account)
    context = {"form": form, "steps": steps, "under_way": current_step(steps) is not None, **_room(namespaces)}
    return render(request, "marketplace/reserve.html", context, status=status)


def _room(namespaces: QuerySet[Namespace]) -> dict[str, object]:
    """What the page says about the namespace: how many names are used, and when a reservation made now would end without a push."""
    namespace = namespaces[0]
    only = len(namespaces) == 1
    return {
        "namespace": namespace,
        "prefix": f"{image_reference(namespace.name)}/" if only else "",
        "used": namespace.images.counting().count(),
        "quota": namespace.image_quota,
        "ends_at": timezone.now() + settings.LAYERSTORE_RESERVATION_LIFETIME,
    }


_NAME_ANSWERS = {
    NameState.FREE: gettext_noop("{repository} is free. Your first push keeps it for good."),
    NameState.HELD: gettext_noop("You hold {repository} already."),
    NameState.GIVEN_UP: gettext_noop("{repository} was given up, and is not free. Choose another name."),
}


@seller_required
@require_safe
def availability(request: SellerRequest) -> HttpResponse:
    """Tell the script on the page whether a name is free."""
    namespaces = Namespace.objects.filter(owner=request.seller.pk)
    namespace_id = request.GET.get("namespace")
    namespace = get_object_or_404(namespaces, pk=read_id(namespace_id)) if namespace_id else namespaces[0]
    found = image_name_availability(namespace=namespace, name=request.GET.get("name", ""))
    message = found.broken or gettext(_NAME_ANSWERS[found.state]).format(repository=found.repository)
    return JsonResponse({"available": found.available, "repository": found.repository, "message": message})
