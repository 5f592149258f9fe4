"""The milestones between a new seller and the first product on sale, and which of them the seller has reached."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop

from accounts.people.models import Account
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Price, Product


class Milestone(StrEnum):
    """The milestones, in order; the values are the labels on pages."""

    VERIFIED = gettext_noop("Account confirmed")
    NAMESPACE = gettext_noop("Namespace")
    RESERVED = gettext_noop("Reserve")
    PUSHED = gettext_noop("Push")
    PAGE = gettext_noop("Page and price")
    PUBLISHED = gettext_noop("Publish")


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """A milestone and its state for this seller: `done`, `here` (the first one not reached) or `next` (any later one)."""

    milestone: Milestone
    state: str

    @property
    def name(self) -> str:
        return gettext(self.milestone.value)


def selling_steps(account: Account, *, email_verified: bool) -> list[ProgressStep]:
    """List all milestones with their state for the account. At most one is `here`."""
    images = Image.objects.live().filter(owner=account)
    reached = {
        Milestone.VERIFIED: email_verified,
        Milestone.NAMESPACE: Namespace.objects.filter(owner=account).exists(),
        Milestone.RESERVED: images.exists(),
        Milestone.PUSHED: images.filter(first_pushed_at__isnull=False).exists(),
        Milestone.PAGE: Price.objects.current().filter(product__seller=account.pk).exists(),
        Milestone.PUBLISHED: Product.objects.published().filter(seller=account.pk).exists(),
    }
    missing = [milestone for milestone in Milestone if not reached[milestone]]
    return [
        ProgressStep(milestone, "done" if reached[milestone] else "here" if milestone == missing[0] else "next") for milestone in Milestone
    ]


def current_step(steps: list[ProgressStep]) -> Milestone | None:
    """Return the milestone to reach next; None when all are reached."""
    return next((step.milestone for step in steps if step.state == "here"), None)
