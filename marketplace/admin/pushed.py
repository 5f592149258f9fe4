"""What has been pushed, as the registry told: manifests with their layers, and tags. To read; pushes change it."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.trail import AuditedAdmin
from common.admin import neighbour, neighbours
from marketplace.models import Layer, Manifest, Tag

if TYPE_CHECKING:
    _TabularInline = admin.TabularInline[Layer, Manifest]
else:
    _TabularInline = admin.TabularInline


class LayerInline(_TabularInline):
    """The layers, base first."""

    model = Layer
    fields = readonly_fields = ("position", "digest", "size", "command")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django passes them
        return False


@admin.register(Manifest)
class ManifestAdmin(AuditedAdmin):
    """Manifests by digest."""

    list_display = ("short_digest", neighbour("image"), "kind", "platforms", "size", "pushed_at", "described_at")
    list_filter = ("kind", ("described_at", admin.EmptyFieldListFilter), "pushed_at")
    list_select_related = ("image",)
    search_fields = ("digest", "image__repository", "layers__digest")
    date_hierarchy = "pushed_at"
    exclude = ("image",)
    readonly_fields = ("id", neighbour("image"), neighbours(Tag, "manifest"))
    inlines = (LayerInline,)


@admin.register(Tag)
class TagAdmin(AuditedAdmin):
    """Names that point at manifests."""

    list_display = ("name", neighbour("image"), neighbour("manifest"), "pushed_at")
    list_filter = ("pushed_at",)
    list_select_related = ("image", "manifest")
    search_fields = ("name", "image__repository", "manifest__digest")
    date_hierarchy = "pushed_at"
    exclude = ("image", "manifest")
    readonly_fields = ("id", neighbour("image"), neighbour("manifest"))
