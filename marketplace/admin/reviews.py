"""Reviews: hidden and shown by staff, never changed or deleted."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row
from marketplace.reviews.models import Review, ReviewVersion
from marketplace.reviews.selectors import rating_of
from marketplace.reviews.services import hide_review, show_review


class ReviewVersionInline(ReadOnlyInline):
    """What it said before."""

    model = ReviewVersion
    fields = readonly_fields = ("written_at", "rating", "text")


@admin.register(Review)
class ReviewAdmin(AuditedAdmin):
    """What buyers say of products."""

    list_display = (
        "id",
        related_row("product"),
        related_row("buyer"),
        "rating",
        "pulls",
        "written_at",
        "edited_at",
        "answered_at",
        "hidden_at",
    )
    list_filter = (("hidden_at", admin.EmptyFieldListFilter), "rating", ("answered_at", admin.EmptyFieldListFilter), "written_at")
    list_select_related = ("product", "buyer")
    search_fields = ("text", "answer", "product__title", "product__namespace__name", "buyer__name", "buyer__handle")
    date_hierarchy = "written_at"
    exclude = ("product", "buyer", "author")
    readonly_fields = (
        "id",
        related_row("product"),
        "rating_of_product",
        related_row("product__seller", "seller"),
        related_row("buyer"),
        related_row("author"),
        "pulls",
        "written_at",
        "edited_at",
        "answered_at",
    )
    inlines = (ReviewVersionInline,)
    actions = ("hide", "show")

    @admin.display(description="all reviews of the product")
    def rating_of_product(self, review: Review) -> str:
        """Say what the product's page says."""
        rating = rating_of(review.product)
        return f"{rating.count}, {rating.interval or 'too few for an average'}"

    @act("Hide", consequence="It leaves the product's page, the API and the average. Its buyer goes on seeing it, with your reason.")
    def hide(self, request: HttpRequest, review: Review, reason: str) -> None:
        """Take reviews off their pages."""
        hide_review(review=review, reason=reason, actor=signed_in(request))

    @act("Show again", consequence="Everybody sees it, and it counts again.")
    def show(self, request: HttpRequest, review: Review, reason: str) -> None:
        """Put hidden reviews back."""
        show_review(review=review, reason=reason, actor=signed_in(request))
