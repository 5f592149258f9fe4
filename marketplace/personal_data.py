"""What the marketplace holds of a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import Account, User
from accounts.privacy.handlers import MOST_ROWS, PersonalDataHandler, rows
from marketplace.entitlements.locks import lock_entitlements_of_holder
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.gifts.services.forgetting import forget_gifts
from marketplace.images.models import Image, Namespace
from marketplace.insights.models import BuyerPull, PullCount
from marketplace.moderation.models import Report
from marketplace.moderation.selectors import reports_of_person
from marketplace.moderation.services import forget_words
from marketplace.products.models import Product, UnsavedText
from marketplace.reviews.models import Review
from marketplace.reviews.services import forget_reviews
from marketplace.trials.models import KnownCard, Trial
from marketplace.trials.services.ending import forget_trials
from marketplace.updates.models import UpdateSubscription

_OF_PRODUCT = ("title", "slug", "summary", "description", "licence_text", "state", "created_at")
_OF_ENTITLEMENT = ("image__repository", "source_kind", "granted_at", "ends_at", "revoked_at", "revocation_reason")
_OF_GIFT = ("product__title", "message", "created_at", "expires_at", "access_ends_at", "revoked_at", "revocation_reason")
_OF_TRIAL = ("product__title", "holder__handle", "days", "started_at", "ends_at", "ended_at", "end_reason", "bought_at")
_REASON = "The account was deleted."
_CLOSED = "The organisation was closed."


def export_marketplace(user: User) -> Mapping[str, Any]:
    """Return names, products, library and pulls."""
    account = user.account
    return {
        "namespaces": rows(Namespace.objects.filter(owner=account).values("name", "created_at")),
        "images": rows(Image.objects.filter(owner=account).values("repository", "reserved_at", "first_pushed_at", "ended_at")),
        "products": rows(Product.objects.filter(seller=account.pk).values(*_OF_PRODUCT)),
        "library": rows(Entitlement.objects.filter(holder=account).values(*_OF_ENTITLEMENT)),
        "unsaved_texts": rows(UnsavedText.objects.filter(seller=account.pk).values("product__slug", "typed", "kept_at")),
        "mail_about_new_versions": rows(UpdateSubscription.objects.filter(user=user).values("product__title", "created_at")),
        "reviews": [_review(one) for one in _reviews_of(account)],
        "answers to reviews": rows(
            Review.objects.filter(product__seller=account.pk).exclude(answer="").values("product__title", "answer", "answered_at")
        ),
        "reports": rows(reports_of_person(user).values("target_label", "kind", "details", "created_at", "state", "answer")),
        "decisions about you": rows(
            Report.objects.filter(concerned=account)
            .exclude(decision="")
            .values("target_label", "kind", "state", "decision", "decided_at", "appeal", "appeal_answer")
        ),
        "pulls of what you bought": rows(
            BuyerPull.objects.filter(buyer=account).values(
                "image__repository", "digest", "address", "client", "first_at", "last_at", "count"
            )
        ),
        "trials": rows(Trial.objects.filter(Q(holder=account) | Q(started_by=user)).values(*_OF_TRIAL)),
        "payment cards that count for trials": rows(KnownCard.objects.filter(account=account).values("seen_at")),
        "gifts given": rows(Gift.objects.filter(giver=account).values(*_OF_GIFT, "email", "claimed_at")),
        "gifts received": rows(Gift.objects.filter(holder=account).values(*_OF_GIFT, "giver__name", "claimed_at")),
        "pulls": rows(PullCount.objects.filter(buyer=account).values("image__repository", "day", "tag", "platform", "count")),
    }


def obstacles_of_seller(account: Account) -> Iterable[str]:
    """Yield what is still on sale: whoever buys it tomorrow must find somebody."""
    titles = list(Product.objects.published().filter(seller=account.pk).values_list("title", flat=True)[:10])
    if titles:
        yield gettext("Still on sale: {titles}. Withdraw what you sell first.").format(titles=", ".join(titles))


def forget_account(account: Account) -> None:
    """End what the account may pull, and delete what was never saved; of a person also what they said, and mail to them.

    Names and products stay as they are: others have bought them.
    """
    UnsavedText.objects.filter(seller=account.pk).delete()
    BuyerPull.objects.filter(buyer=account).delete()
    if account.user:
        UpdateSubscription.objects.filter(user=account.user).delete()
        forget_reviews(account.user)
        forget_words(account.user)
        forget_gifts(account.user)
    reason = _REASON if account.user else _CLOSED
    forget_trials(account, reason=reason)
    held = lock_entitlements_of_holder(account_id=account.pk)
    Entitlement.objects.filter(pk__in=[one.pk for one in held]).update(revoked_at=timezone.now(), revocation_reason=reason)


def _reviews_of(account: Account) -> QuerySet[Review]:
    return Review.objects.filter(buyer=account).select_related("product").prefetch_related("versions")[:MOST_ROWS]


def _review(review: Review) -> dict[str, Any]:
    versions = list(review.versions.values("rating", "text", "written_at"))
    words = {"product": review.product.title, "rating": review.rating, "text": review.text}
    return {**words, "written_at": review.written_at, "edited_at": review.edited_at, "versions": versions}


HANDLER = PersonalDataHandler(export=export_marketplace, obstacles=obstacles_of_seller, forget=forget_account)
