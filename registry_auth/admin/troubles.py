"""Images that the registry fails for."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row
from registry_auth.upkeep.models import RepositoryTrouble
from registry_auth.upkeep.troubles import retry_trouble


@admin.register(RepositoryTrouble)
class RepositoryTroubleAdmin(AuditedAdmin):
    """Images that a job failed for: when they are tried again, or why they were given up."""

    list_display = ("id", related_row("image"), "job", "attempts", "due_at", "given_up_at", "last_error")
    list_filter = ("job", ("given_up_at", admin.EmptyFieldListFilter))
    list_select_related = ("image",)
    search_fields = ("image__repository", "last_error")
    date_hierarchy = "due_at"
    exclude = ("image",)
    readonly_fields = (related_row("image"), "attempts", "due_at", "last_error", "given_up_at")
    actions = ("retry",)

    @act("Try again", consequence="The next run tries the image, however often it failed.")
    def retry(self, request: HttpRequest, trouble: RepositoryTrouble, reason: str) -> None:
        """Try it once more."""
        retry_trouble(trouble=trouble, reason=reason, actor=signed_in(request))
