"""Subscriptions, to read, to ask Stripe about again, and to end."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.renewals.services import ask_again, end_now, end_with_period
from billing.subscriptions.models import Subscription
from common.admin.acts import act
from common.admin.related_rows import related_row
from common.admin.units import in_currency


@admin.register(Subscription)
class SubscriptionAdmin(AuditedAdmin):
    """What is paid by the month or the year. Their state follows Stripe alone; money goes back on the order of a period."""

    list_display = (
        "created_at",
        "product_title",
        related_row("buyer"),
        related_row("seller"),
        "state",
        "money",
        "period_end",
        "access_until",
        "ends_with_period",
        "given_up_at",
    )
    list_display_links = ("created_at",)
    list_filter = ("state", "ends_with_period", ("given_up_at", admin.EmptyFieldListFilter), "currency", "created_at")
    list_select_related = ("buyer", "seller")
    search_fields = ("id", "product_title", "email", "stripe_subscription_id", "stripe_customer_id")
    date_hierarchy = "created_at"
    exclude = ("buyer", "placed_by", "seller", "product", "price", "amount", "application_fee", "discount_amount")
    readonly_fields = (
        "id",
        related_row("buyer"),
        related_row("placed_by"),
        related_row("seller"),
        related_row("product"),
        related_row("price"),
        "money",
        in_currency("application_fee"),
        in_currency("discount_amount"),
        "created_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    actions = ("ask_again", "end_with_period", "end_now")

    @act("Ask Stripe again", consequence="Within a minute the subscription and its orders are brought in line with what Stripe says.")
    def ask_again(self, request: HttpRequest, subscription: Subscription, reason: str) -> None:
        """Have the sweep take it next."""
        ask_again(subscription=subscription, reason=reason, actor=signed_in(request))

    @act(
        "End with the period",
        consequence="Its buyer reads the reason by mail. Stripe charges no more, and what is paid can be pulled to its end. The buyer can"
        " take it back until then, as if they had cancelled it.",
    )
    def end_with_period(self, request: HttpRequest, subscription: Subscription, reason: str) -> None:
        """Have it not be renewed."""
        end_with_period(subscription=subscription, reason=reason, actor=signed_in(request))

    @act(
        "End now",
        consequence="Its buyer reads the reason. Stripe charges no more within a minute. What is paid can be pulled to its end.",
    )
    def end_now(self, request: HttpRequest, subscription: Subscription, reason: str) -> None:
        """Have the sweep end it next. Its buyer is told; money goes back on the order of the period."""
        end_now(subscription=subscription, reason=reason, actor=signed_in(request))
