"""Orders: what was sold to whom, and giving money back."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.admin.pulled import pulled_words
from billing.disputes.models import Dispute
from billing.orders.models import Order, OrderImage
from billing.orders.selectors import credited_for
from billing.orders.services import clear_flag, end_order
from billing.payments.free import take_back_free_order
from billing.payments.honouring import honour_again
from billing.payments.reconcile import reconcile_order
from billing.receipts.services import resend_receipt
from billing.refunds.forms import RefundForm
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from common.admin.acts import act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row, related_rows
from common.admin.units import in_currency
from common.money import Money
from marketplace.entitlements.models import Entitlement


class OrderImageInline(ReadOnlyInline):
    """What was sold."""

    model = OrderImage
    fields = readonly_fields = (related_row("image"), "repository", "featured_tag", "tag_count", "digests")


@admin.register(Order)
class OrderAdmin(AuditedAdmin):
    """Purchases. Their state follows Stripe alone; staff may give money back."""

    list_display = (
        "number",
        "created_at",
        "product_title",
        related_row("buyer"),
        "buyer_kind",
        related_row("seller"),
        "state",
        "money",
        "refunded",
        "flag",
    )
    list_filter = (
        "state",
        "buyer__kind",
        ("flagged_at", admin.EmptyFieldListFilter),
        ("given_up_at", admin.EmptyFieldListFilter),
        "currency",
        "created_at",
        "paid_at",
    )
    list_select_related = ("buyer", "seller")
    search_fields = (
        "id",
        "product_title",
        "email",
        "buyer__name",
        "buyer__handle",
        "seller__display_name",
        "payment_intent_id",
        "checkout_session_id",
        "images__repository",
    )
    date_hierarchy = "created_at"
    exclude = (
        "buyer",
        "seller",
        "product",
        "price",
        "placed_by",
        "checkout_url",
        "amount",
        "discount_amount",
        "credit_amount",
        "refunded_amount",
        "application_fee",
        "tax_amount",
        "refund_requested_amount",
    )
    readonly_fields = (
        "id",
        "number",
        related_row("buyer"),
        "buyer_kind",
        related_row("placed_by", "placed by"),
        related_row("seller"),
        related_row("product"),
        related_row("price"),
        "list_price",
        "discount",
        "credit",
        "credited",
        "money",
        "refunded",
        in_currency("refund_requested_amount"),
        "refundable",
        in_currency("application_fee"),
        in_currency("tax_amount"),
        "pulled",
        related_rows(Refund, "order"),
        related_rows(Dispute, "order"),
        related_rows(Entitlement, "source_id", "entitlements"),
        "created_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    inlines = (OrderImageInline,)
    actions = ("refund", "resend", "reconcile", "unflag", "end", "take_back", "honour_again")

    @admin.display(description="bought as", ordering="buyer__kind")
    def buyer_kind(self, order: Order) -> str:
        """Whether a person or an organisation bought it."""
        return order.buyer.get_kind_display()

    @admin.display(description="pulled since the sale")
    def pulled(self, order: Order) -> str:
        """When, from where, with what, and which digest."""
        return pulled_words(order)

    @admin.display(description="credited")
    def credited(self, order: Order) -> str:
        """From which orders, and for which one."""
        earlier = [f"{row.earlier.number} made it cheaper" for row in order.credits.select_related("earlier")]
        later = credited_for(order)
        return "; ".join([*earlier, *([f"it made {later.number} cheaper"] if later else [])])

    @act(
        "Refund",
        consequence="Stripe gives the money back and takes the seller's share and ours back with it. A full refund ends pull access once"
        " the pull tokens that were already issued have expired, and if the order was credited for a later one, ends its images there as"
        " well. A partial refund leaves pull access as it is.",
        form=RefundForm,
        told=pulled_words,
    )
    def refund(self, request: HttpRequest, order: Order, reason: str, amount: Money | None, left: dict[str, int]) -> None:
        """Give money back, whole or in part."""
        shown = left.get(str(order.pk))
        request_refund(order=order, amount=amount, reason=reason, actor=signed_in(request), shown=shown)

    @act("Send the receipt again", consequence="The buyer gets the same receipt once more.")
    def resend(self, request: HttpRequest, order: Order, reason: str) -> None:
        """Mail the receipt once more."""
        resend_receipt(order=order, reason=reason, actor=signed_in(request))

    @act("Ask Stripe", consequence="The order is brought in line with what Stripe says now.")
    def reconcile(self, request: HttpRequest, order: Order, reason: str) -> None:  # noqa: ARG002  nothing changes that is not true at Stripe anyway
        """Reconcile the order with Stripe now."""
        reconcile_order(order_id=order.pk)

    @act(
        "Clear the flag",
        consequence="The order no longer asks for attention, and what was given up is tried again. If Stripe still differs, it is"
        " flagged again the next time Stripe is asked.",
    )
    def unflag(self, request: HttpRequest, order: Order, reason: str) -> None:
        """Say that staff have checked the order."""
        clear_flag(order=order, reason=reason, actor=signed_in(request))

    @act(
        "End",
        consequence="Only for a pending order that is flagged because Stripe does not know it. It fails, and its buyer may buy again.",
    )
    def end(self, request: HttpRequest, order: Order, reason: str) -> None:
        """End an order that Stripe does not know."""
        end_order(order=order, reason=reason, actor=signed_in(request))

    @act(
        "Take back",
        consequence="Only for an order that cost nothing. Pull access ends once the pull tokens that were already issued have expired,"
        " and the use of its discount comes back.",
    )
    def take_back(self, request: HttpRequest, order: Order, reason: str) -> None:
        """End what an order of nothing gave."""
        take_back_free_order(order=order, reason=reason, actor=signed_in(request))

    @act(
        "Give access back",
        consequence="Only for an order that a bank took back and has decided for the seller since. It counts as paid, and its buyer, who is"
        " told, can pull again what ended with it. If they have bought the same again meanwhile, refund this order instead.",
    )
    def honour_again(self, request: HttpRequest, order: Order, reason: str) -> None:
        """Give back what ended with an order whose appeal was won."""
        honour_again(order=order, reason=reason, actor=signed_in(request))
