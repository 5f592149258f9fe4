"""What has been pushed, as the registry reported it: manifests with their layers, and tags. Staff may have a manifest read again."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from common.admin.units import in_bytes
from marketplace.contents.models import ManifestContents
from marketplace.images.models import LayerList, Manifest, Tag
from marketplace.images.services.unreadable_manifests import describe_again


@admin.register(Manifest)
class ManifestAdmin(AuditedAdmin):
    """Manifests by digest."""

    list_display = (
        "short_digest",
        related_row("image"),
        "kind",
        "platforms",
        in_bytes("size"),
        "pushed_at",
        "described_at",
        "given_up_at",
        "last_error",
    )
    list_filter = (
        "kind",
        ("described_at", admin.EmptyFieldListFilter),
        ("given_up_at", admin.EmptyFieldListFilter),
        ("removal_asked_at", admin.EmptyFieldListFilter),
        "pushed_at",
    )
    list_select_related = ("image",)
    search_fields = ("digest", "image__repository", "last_error")
    date_hierarchy = "pushed_at"
    exclude = ("image", "size")
    readonly_fields = (
        "id",
        related_row("image"),
        in_bytes("size"),
        related_rows(Tag, "manifest"),
        "layers",
        "inside",
        "removal_asked_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    actions = ("describe_again",)

    @admin.display(description="layers, base first")
    def layers(self, manifest: Manifest) -> SafeString:
        """List each layer's digest, size in bytes and command."""
        found = LayerList.objects.filter(manifest=manifest).first()
        rows = found.layers if found else []
        return format_html_join(mark_safe("<br>"), "<code>{}</code> {} {}", ((row.digest, row.size, row.command) for row in rows))

    @admin.display(description="inside")
    def inside(self, manifest: Manifest) -> SafeString:
        """Show what pages tell of its configuration, or what it holds as an artefact, and where values look like secrets."""
        found = ManifestContents.objects.filter(manifest=manifest).values("facts", "evidence", "subject", "attestations", "hidden").first()
        rows = ((name, json.dumps(value)) for name, value in (found or {}).items() if value)
        return format_html_join(mark_safe("<br>"), "{} <code>{}</code>", rows)

    @act("Describe again", consequence="It is read from the registry again within seconds, and so are the indexes that refer to it.")
    def describe_again(self, request: HttpRequest, manifest: Manifest, reason: str) -> None:
        """Read it again, even if the shop has given up on it."""
        describe_again(manifest=manifest, reason=reason, actor=signed_in(request))


@admin.register(Tag)
class TagAdmin(AuditedAdmin):
    """Names that point at manifests."""

    list_display = ("name", related_row("image"), related_row("manifest"), "pushed_at")
    list_filter = ("pushed_at",)
    list_select_related = ("image", "manifest")
    search_fields = ("name", "image__repository", "manifest__digest")
    date_hierarchy = "pushed_at"
    exclude = ("image", "manifest")
    readonly_fields = ("id", related_row("image"), related_row("manifest"))
