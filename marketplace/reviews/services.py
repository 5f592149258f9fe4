"""Reviews are written, edited, answered and hidden, each time under the lock of their product."""

from typing import Final
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.images.ownership import require_owner, require_staff
from marketplace.products.locks import lock_product
from marketplace.products.models import Product
from marketplace.products.selectors.offers import sells
from marketplace.reviews.errors import NotBought, OwnReview, ReviewAlreadyHidden, ReviewEditedTooOften, ReviewNotHidden
from marketplace.reviews.models import ProductRating, Review, ReviewVersion
from marketplace.reviews.pulls import count_pulls_of_reviewers
from marketplace.reviews.ratings import counted
from marketplace.reviews.selectors import reviewer_of

MOST_EDITS: Final = 20


def write_review(*, product: Product, rating: int, text: str, user: User) -> Review:
    """Write the review of the account for which the user reviews the product, or edit it: what it said before is kept.

    Said again as it is, it stays as it is. A hidden one may be edited, and stays hidden until staff show it.

    Raises:
        OwnReview: the user sells it.
        NotBought: neither the user nor an organisation that they buy for ever bought it or got it for free.
        RoleDoesNotBuy, NoSuchOrganisation: they have just lost that role.
        ReviewEditedTooOften: it was edited twenty times.
    """
    if sells(user, product):
        raise OwnReview
    buyer = reviewer_of(product, user)
    if buyer is None:
        raise NotBought
    with locked_transaction():
        keep_buyer(user=user, account=buyer)
        locked = lock_product(product_id=product.pk)
        review = Review.objects.filter(product=locked, buyer=buyer).first()
        if review is None:
            review = Review.objects.create(product=locked, buyer=buyer, author=user, rating=rating, text=text)
            record_audit(actor=user, action="review.written", target=review, rating=rating)
        elif (review.rating, review.text) != (rating, text):
            _edit(review, rating=rating, text=text, user=user)
        count_ratings(locked)
        count_pulls_of_reviewers([review.pk])
    return Review.objects.select_related("product", "buyer").get(pk=review.pk)


def _edit(review: Review, *, rating: int, text: str, user: User) -> None:
    if review.versions.count() >= MOST_EDITS:
        raise ReviewEditedTooOften(most=MOST_EDITS)
    before = review.rating
    written_at = review.edited_at or review.written_at
    ReviewVersion.objects.create(review=review, rating=before, text=review.text, written_at=written_at)
    review.rating, review.text, review.author, review.edited_at = rating, text, user, timezone.now()
    review.save(update_fields=["rating", "text", "author", "edited_at"])
    record_audit(actor=user, action="review.edited", target=review, before=before, rating=rating)


def answer_review(*, review: Review, answer: str, actor: User) -> Review:
    """Put the seller's answer below a review, in place of the one before; an empty one takes it away.

    Raises:
        NotYours: the product is somebody else's.
    """
    require_owner(actor, review.product.seller_id)
    with locked_transaction():
        locked = _lock(review.pk, review.product_id)
        locked.answer, locked.answered_at = answer, timezone.now() if answer else None
        locked.save(update_fields=["answer", "answered_at"])
        record_audit(actor=actor, action="review.answered" if answer else "review.answer_removed", target=locked)
    return locked


def hide_review(*, review: Review, reason: str, actor: User) -> Review:
    """Take a review off its product's page, the API and the average. Its buyer goes on seeing it, with the reason.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ReviewAlreadyHidden: it is.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = _lock(review.pk, review.product_id)
        if locked.hidden_at is not None:
            raise ReviewAlreadyHidden
        return _set_hidden(locked, reason=reason[:500], actor=actor)


def show_review(*, review: Review, reason: str, actor: User) -> Review:
    """Put a hidden review back: everybody sees it, and it counts again.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ReviewNotHidden: it is not hidden.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = _lock(review.pk, review.product_id)
        if locked.hidden_at is None:
            raise ReviewNotHidden
        return _set_hidden(locked, reason="", actor=actor, why=reason)


def _set_hidden(review: Review, *, reason: str, actor: User, why: str = "") -> Review:
    review.hidden_at, review.hidden_reason = timezone.now() if reason else None, reason
    review.save(update_fields=["hidden_at", "hidden_reason"])
    count_ratings(review.product)
    record_audit(actor=actor, action="review.hidden" if reason else "review.shown", target=review, reason=reason or why)
    return review


def _lock(review_id: UUID, product_id: UUID) -> Review:
    """Lock the review's product, and read the review again."""
    lock_product(product_id=product_id)
    return Review.objects.select_related("product", "buyer").get(pk=review_id)


def count_ratings(product: Product) -> None:
    """Count what the shown reviews of a product add up to. Call it under the product's lock, after any of them has changed."""
    shown = Review.objects.filter(product=product, hidden_at__isnull=True).order_by().values_list("rating")
    ratings = counted([(rating, count) for rating, count in shown.annotate(count=Count("pk"))])
    ProductRating.objects.update_or_create(product=product, defaults={"counts": list(ratings.counts)})


def forget_reviews(user: User) -> None:
    """Delete the reviews of a person's own account with all their versions, and what they answered as a seller.

    What they wrote for an organisation stays the organisation's.
    """
    own, answered = Review.objects.filter(buyer=user.account), Review.objects.filter(product__seller=user.account.pk).exclude(answer="")
    for product_id in sorted({*own.values_list("product", flat=True), *answered.values_list("product", flat=True)}):
        product = lock_product(product_id=product_id)
        Review.objects.filter(product=product, product__seller=user.account.pk).update(answer="", answered_at=None)
        Review.objects.filter(product=product, buyer=user.account).delete()
        count_ratings(product)
