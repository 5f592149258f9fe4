"""Where Stripe and the books say different things, and how far each balance was read."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.ledger.models import Account
from billing.reconciliation.advice import ADVICE
from billing.reconciliation.forms import PostForm
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.posting import post_difference
from billing.reconciliation.services import explain_difference, read_again
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from common.admin.units import in_currency
from common.money import Money


@admin.register(Difference)
class DifferenceAdmin(AuditedAdmin):
    """Differences between Stripe and the books. None is mended by itself: staff post what is missing here, or explain."""

    list_display = (
        "kind",
        "at_stripe",
        "in_the_books",
        "statement",
        related_row("line"),
        related_row("transaction"),
        "found_at",
        "seen_at",
        "ended_at",
        "outcome",
    )
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "kind", "currency", "found_at")
    list_select_related = ("statement", "line", "transaction")
    search_fields = ("line__id", "line__source_id", "transaction__key", "transaction__stripe_source_id", "statement__account_id", "outcome")
    date_hierarchy = "found_at"
    exclude = ("statement", "line", "transaction", "stripe_amount", "booked_amount", "currency")
    readonly_fields = (
        "what_to_do",
        related_row("statement"),
        related_row("line"),
        related_row("transaction"),
        "at_stripe",
        "in_the_books",
    )
    actions = ("post", "explain")

    def fits(self, act: str, row: Difference) -> bool:
        """A movement that the books lack can be posted."""
        return act != "post" or (row.kind == Difference.Kind.MISSING_HERE and row.ended_at is None)

    @admin.display(description="what to do")
    def what_to_do(self, difference: Difference) -> str:
        """The next step for its kind."""
        return ADVICE[Difference.Kind(difference.kind)]

    @admin.display(description="at Stripe")
    def at_stripe(self, difference: Difference) -> str:
        """Stripe's figure."""
        return _shown(difference.stripe_amount, difference.currency)

    @admin.display(description="in the books")
    def in_the_books(self, difference: Difference) -> str:
        """The figure of the books."""
        return _shown(difference.booked_amount, difference.currency)

    @act(
        "Post",
        consequence="The movement is in the books then, once, with Stripe's amount and under Stripe's id, and the difference ends. Only for"
        " what belongs to no order: of an order use “Ask Stripe”. What is posted is never changed.",
        form=PostForm,
    )
    def post(self, request: HttpRequest, difference: Difference, reason: str, against: Account) -> None:
        """Post what is missing here."""
        post_difference(difference=difference, against=against, reason=reason, actor=signed_in(request))

    @act("Explain", consequence="The difference ends with your reason and is not reported again. Neither Stripe nor the books change.")
    def explain(self, request: HttpRequest, difference: Difference, reason: str) -> None:
        """End it with a reason."""
        explain_difference(difference=difference, reason=reason, actor=signed_in(request))


@admin.register(Statement)
class StatementAdmin(AuditedAdmin):
    """Balances at Stripe: how far each was read and compared."""

    list_display = (
        "__str__",
        related_row("seller"),
        "compared_at",
        "read_until",
        "due_at",
        "attempts",
        "last_error",
        "given_up_at",
        "closed_at",
    )
    list_filter = (("given_up_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter), "compared_at")
    list_select_related = ("seller",)
    search_fields = ("account_id", "seller__display_name", "last_error")
    exclude = ("seller",)
    readonly_fields = (related_row("seller"), related_rows(Difference, "statement"), "attempts", "due_at", "last_error", "given_up_at")
    actions = ("again",)

    @act("Read again", consequence="Everything that Stripe lists of this balance is read and compared anew. That changes neither side.")
    def again(self, request: HttpRequest, statement: Statement, reason: str) -> None:
        """Read it from its beginning."""
        read_again(statement=statement, reason=reason, actor=signed_in(request))


@admin.register(StatementLine)
class StatementLineAdmin(AuditedAdmin):
    """Balance transactions as Stripe lists them."""

    list_display = ("id", "statement", "type", "source_id", "money", in_currency("fee"), "created_at", "agreed_at")
    list_filter = (("agreed_at", admin.EmptyFieldListFilter), "type", "currency", "created_at")
    list_select_related = ("statement",)
    search_fields = ("id", "source_id")
    date_hierarchy = "created_at"
    exclude = ("statement", "amount", "fee")
    readonly_fields = ("id", related_row("statement"), "money", in_currency("fee"))


def _shown(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else str(Money(minor, currency))
