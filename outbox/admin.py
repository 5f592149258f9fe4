"""The outbox: what was sent and what could not be. Texts are hidden, for they may contain links that open an account."""

from django.contrib import admin
from django.http import HttpRequest

from audit.admin import AuditedAdmin, actor_of
from common.admin.acts import act
from outbox.mail.models import OutgoingMail
from outbox.mail.services import resend_mail


@admin.register(OutgoingMail)
class OutgoingMailAdmin(AuditedAdmin):
    """Mail that was or will be sent."""

    list_display = ("subject", "to", "created_at", "attempts", "due_at", "sent_at", "given_up_at", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), ("given_up_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("to", "subject", "key")
    date_hierarchy = "created_at"
    exclude = ("body_text", "body_html", "unsubscribe_url")
    readonly_fields = ("id", "created_at", "origin", "attempts", "due_at", "given_up_at", "last_error")
    actions = ("resend",)

    @act("Send again", consequence="A mail that was not sent is tried once more, now. A mail that was sent cannot be sent again.")
    def resend(self, request: HttpRequest, mail: OutgoingMail, reason: str) -> None:
        """Try unsent mails once more."""
        resend_mail(mail=mail, reason=reason, actor=actor_of(request))
