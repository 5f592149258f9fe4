"""Backups and garbage collections, as far as they held the registry's content."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from common.admin.units import in_bytes
from registry_auth.upkeep.models import RegistryHold


@admin.register(RegistryHold)
class RegistryHoldAdmin(AuditedAdmin):
    """The newest first, with what came of each."""

    list_display = ("began_at", "kind", "ends_at", "ended_at", "checked", "removed_blobs", in_bytes("freed"), "problem")
    list_filter = ("kind", ("problem", admin.EmptyFieldListFilter), "began_at")
    search_fields = ("problem",)
    date_hierarchy = "began_at"
    exclude = ("freed",)
    readonly_fields = ("began_at", "ended_at", in_bytes("freed"))
