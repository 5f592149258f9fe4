"""How it works, and how clients sign in and pull."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.tokens.lifetimes import pull_ends_after_minutes
from common.web.links import image_reference
from marketplace.images.selectors.tags import pull_reference
from marketplace.products.models import Price, Product, ProductImage


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """Explain the five steps."""
    context = {
        "fee_percent": settings.LAYERSTORE_APPLICATION_FEE_PERCENT,
        "reservation_days": settings.LAYERSTORE_RESERVATION_LIFETIME.days,
        "pull_ends_after": pull_ends_after_minutes(),
    }
    return render(request, "marketplace/how.html", context)


@require_safe
def help_docker(request: HttpRequest) -> HttpResponse:
    """Explain how to sign docker in, and what its errors mean."""
    return _help(request, "marketplace/help_docker.html")


@require_safe
def help_kubernetes(request: HttpRequest) -> HttpResponse:
    """Explain how to make a pull secret."""
    return _help(request, "marketplace/help_kubernetes.html")


@require_safe
def help_ci(request: HttpRequest) -> HttpResponse:
    """Explain how to pull in a pipeline."""
    return _help(request, "marketplace/help_ci.html")


def _help(request: HttpRequest, template: str) -> HttpResponse:
    """Fill in real names: the reader's own, and a free image if there is one."""
    context = {
        "username": request.user.get_username() or "YOU",
        "example": free_reference() or image_reference("NAMESPACE/IMAGE", tag="TAG"),
        "insecure": urlsplit(settings.LAYERSTORE_PUBLIC_URL).scheme == "http",
    }
    return render(request, template, context)


def free_reference() -> str:
    """Return a reference with which docker can pull a free image; empty if there is none."""
    free = Price.objects.current().free().filter(product=OuterRef("pk"))
    pushed = ProductImage.objects.filter(product=OuterRef("pk"), image__leading_tag__isnull=False)
    product = Product.objects.offered().filter(Exists(free), Exists(pushed)).order_by("-published_at").values("pk")[:1]
    parts = ProductImage.objects.filter(product__in=product, image__leading_tag__isnull=False)
    part = parts.select_related("image__leading_tag").first()
    return pull_reference(part.image, part.image.leading_tag) if part else ""
