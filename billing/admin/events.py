"""The inbox of Stripe's webhooks."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.timesince import timesince

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.inbox.models import StripeEvent
from billing.inbox.selectors import inbox_state
from billing.inbox.services import retry_event
from common.admin.acts import act
from common.admin.overview import Fact, page_of_rows

_STATES: dict[str, tuple[str, Q]] = {
    "waiting": ("waiting", Q(handled_at__isnull=True, given_up_at__isnull=True)),
    "failed": ("failed", Q(handled_at__isnull=True, given_up_at__isnull=False)),
    "handled": ("handled", Q(handled_at__isnull=False)),
}


def inbox_facts() -> Iterator[Fact]:
    """What waits, since when, what failed, and the last day."""
    now = timezone.now()
    state = inbox_state(now=now)
    yield Fact("Waiting", f"{state.waiting:,}", page_of_rows(StripeEvent, state="waiting"))
    since = timesince(state.oldest, now) if state.oldest else "–"
    yield Fact("Oldest waiting for", since, page_of_rows(StripeEvent, state="waiting", o=4), alarming=state.is_late(now=now))
    yield Fact("Failed", f"{state.given_up:,}", page_of_rows(StripeEvent, state="failed"), alarming=state.given_up > 0)
    yield Fact("Received in the last day", f"{state.received:,}")
    yield Fact("Of them handled", f"{state.handled:,}")


class StateFilter(admin.SimpleListFilter):
    """Waiting, failed or handled."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django passes them
        return [(name, label) for name, (label, _) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> QuerySet[StripeEvent]:  # noqa: ARG002  Django passes it
        chosen = _STATES.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


@admin.register(StripeEvent)
class StripeEventAdmin(AuditedAdmin):
    """What Stripe has delivered, and what came of it."""

    change_list_template = "admin/billing_inbox.html"
    list_display = ("id", "type", "state", "received_at", "last_error", "outcome", "attempts", "handled_at", "object_id", "account_id")
    list_filter = (StateFilter, "type", ("account_id", admin.EmptyFieldListFilter), "received_at")
    search_fields = ("id", "object_id", "account_id", "outcome", "last_error")
    date_hierarchy = "received_at"
    readonly_fields = ("received_at", "attempts", "due_at", "last_error", "given_up_at")
    actions = ("retry",)

    @admin.display(description="state")
    def state(self, event: StripeEvent) -> str:
        """Waiting, failed or handled."""
        return "handled" if event.handled_at else "failed" if event.given_up_at else "waiting"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"facts": list(inbox_facts()), **(extra_context or {})})

    @act("Handle again", consequence="Stripe is asked again for the current state. What already matches it stays as it is.")
    def retry(self, request: HttpRequest, event: StripeEvent, reason: str) -> None:
        """Handle the event once more."""
        retry_event(event=event, reason=reason, actor=signed_in(request))
