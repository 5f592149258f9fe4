"""What has been pushed, as the registry told: manifests with their layers, and tags. To read; pushes change it."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.trail import AuditedAdmin
from common.admin import neighbour, neighbours
from marketplace.models import LayerList, Manifest, Tag


@admin.register(Manifest)
class ManifestAdmin(AuditedAdmin):
    """Manifests by digest."""

    list_display = ("short_digest", neighbour("image"), "kind", "platforms", "size", "pushed_at", "described_at")
    list_filter = ("kind", ("described_at", admin.EmptyFieldListFilter), "pushed_at")
    list_select_related = ("image",)
    search_fields = ("digest", "image__repository")
    date_hierarchy = "pushed_at"
    exclude = ("image",)
    readonly_fields = ("id", neighbour("image"), neighbours(Tag, "manifest"), "layers")

    @admin.display(description="layers, base first")
    def layers(self, manifest: Manifest) -> SafeString:
        """Give digest, bytes and command of each."""
        found = LayerList.objects.filter(manifest=manifest).first()
        rows = found.layers if found else []
        return format_html_join(mark_safe("<br>"), "<code>{}</code> {} {}", ((row.digest, row.size, row.command) for row in rows))


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
