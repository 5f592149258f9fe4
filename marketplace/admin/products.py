"""The admin of products with their images and pictures, of prices and of categories."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row, related_rows
from common.admin.units import in_currency
from marketplace.products.models import Category, Edition, Price, Product, ProductImage, ProductPicture, UnsavedText
from marketplace.products.services.publishing import reinstate_product, suspend_product


class ProductImageInline(ReadOnlyInline):
    """The images that the product sells."""

    model = ProductImage
    fields = readonly_fields = ("position", related_row("image"))


class EditionInline(ReadOnlyInline):
    """The editions in which it is or was sold."""

    model = Edition
    fields = readonly_fields = ("position", "name", "line", "holds", "created_at", "retired_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        return super().get_queryset(request).prefetch_related("images")

    def holds(self, edition: Edition) -> str:
        """Its images."""
        return ", ".join(image.repository for image in edition.images.all())


class ProductPictureInline(ReadOnlyInline):
    """The pictures on its page."""

    model = ProductPicture
    fields = readonly_fields = ("position", "file", "alt", "width", "height")


class UnsavedTextInline(ReadOnlyInline):
    """When its seller kept texts that they did not save; what they typed is theirs alone."""

    model = UnsavedText
    fields = readonly_fields = ("kept_at", "version", "revision")


@admin.register(Product)
class ProductAdmin(AuditedAdmin):
    """Products in every state."""

    list_display = ("title", related_row("seller"), related_row("namespace"), "slug", "state", "category", "published_at")
    list_filter = ("state", "category", "published_at", "created_at")
    list_select_related = ("seller", "namespace", "category")
    search_fields = ("title", "slug", "namespace__name", "seller__display_name", "images__repository")
    date_hierarchy = "created_at"
    exclude = ("seller", "namespace", "category")
    readonly_fields = (
        "id",
        related_row("seller"),
        related_row("namespace"),
        related_row("category"),
        related_rows(Price, "product"),
        "created_at",
        "updated_at",
    )
    inlines = (ProductImageInline, EditionInline, ProductPictureInline, UnsavedTextInline)
    actions = ("suspend", "reinstate")

    @act(
        "Suspend",
        consequence="The page disappears, and new sales and anonymous pulls of a free product stop at once. Buyers keep what they have.",
    )
    def suspend(self, request: HttpRequest, product: Product, reason: str) -> None:
        """Take products off the shelves."""
        suspend_product(product=product, reason=reason, actor=signed_in(request))

    @act("Reinstate", consequence="The product is withdrawn, and its seller may publish it again.")
    def reinstate(self, request: HttpRequest, product: Product, reason: str) -> None:
        """Lift suspensions."""
        reinstate_product(product=product, reason=reason, actor=signed_in(request))


@admin.register(Price)
class PriceAdmin(AuditedAdmin):
    """Prices, past and current. A change makes a new row."""

    list_display = ("__str__", related_row("product"), "edition", "kind", "leading", "created_at", "retired_at")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "currency", "kind", "created_at")
    list_select_related = ("product", "edition")
    search_fields = ("id", "product__title", "edition__name", "product__namespace__name")
    date_hierarchy = "created_at"
    exclude = ("product", "amount", "suggested")
    readonly_fields = ("id", related_row("product"), in_currency("amount"), in_currency("suggested"), "created_at")


@admin.register(Category)
class CategoryAdmin(AuditedAdmin):
    """The shelves of the shop."""

    list_display = ("name", "slug", "position")
    list_filter = (("products", admin.EmptyFieldListFilter),)
    search_fields = ("name", "slug")
    readonly_fields = (related_rows(Product, "category"),)
