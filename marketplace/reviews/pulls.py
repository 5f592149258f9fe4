"""How often those who review a product have pulled it."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.organisations.models import Membership
from accounts.people.models import Account
from marketplace.insights.models import PullCount
from marketplace.reviews.models import Review

_BATCH: Final = 200  # reviews in one statement


def count_pulls_of_reviewers(review_ids: list[UUID] | None = None) -> int:
    """Write into reviews how often their buyers have pulled the product's images. Return how many numbers have changed.

    An organisation's pulls are those of its robots and of its members, as the seller's page of pulls has it too.

    Args:
        review_ids: only these; by default all, some at a time.
    """
    return sum(_count(keys) for keys in ([review_ids] if review_ids is not None else _batches()))


def _count(keys: list[UUID]) -> int:
    members = Membership.objects.filter(account=OuterRef(OuterRef(OuterRef("buyer")))).values("user")
    accounts = Account.objects.filter(Q(pk=OuterRef(OuterRef("buyer"))) | Q(user__in=Subquery(members))).values("pk")
    pulls = PullCount.objects.filter(image__product_images__product=OuterRef("product"), buyer__in=Subquery(accounts))
    total = Coalesce(Subquery(pulls.order_by().values("image__product_images__product").annotate(sum=Sum("count")).values("sum")), 0)
    return Review.objects.filter(pk__in=keys).annotate(now=total).exclude(pulls=F("now")).update(pulls=total)


def _batches() -> Iterator[list[UUID]]:
    last: list[UUID] = []
    while last := list(
        Review.objects.filter(**({"pk__gt": last[-1]} if last else {})).order_by("pk").values_list("pk", flat=True)[:_BATCH]
    ):
        yield last
