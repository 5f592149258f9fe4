"""A page for each category."""

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from marketplace.products.models import Category, Product
from marketplace.products.selectors.pages import with_parts
from marketplace.shopwindow.listings import list_products

_PER_PAGE = 12


@require_safe
def category(request: HttpRequest, category: str) -> HttpResponse:
    """Show what a category holds, what is pulled most first, and the other categories that hold something."""
    shelf = get_object_or_404(Category, pk=category)
    offered = Product.objects.offered()
    products = offered.filter(category=shelf).order_by("-pulls", "-published_at", "pk")
    page = Paginator(with_parts(products), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "category": shelf,
        "page": page,
        "listings": list_products(list(page.object_list)),
        "others": Category.objects.filter(Exists(offered.filter(category=OuterRef("pk")))).exclude(pk=shelf.pk),
    }
    return render(request, "marketplace/category.html", context)
