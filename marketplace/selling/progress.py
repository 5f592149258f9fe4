"""How far a seller has come on the way to the first sale."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.people.models import Account
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Price, Product


class Milestone(StrEnum):
    """What has to be behind a seller, in order; the values are what pages call them."""

    VERIFIED = "Account confirmed"
    NAMESPACE = "Namespace"
    RESERVED = "Reserve"
    PUSHED = "Push"
    PAGE = "Page and price"
    PUBLISHED = "Publish"


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone and where the seller stands to it: `done`, `here` or `next`."""

    milestone: Milestone
    state: str

    @property
    def name(self) -> str:
        return self.milestone.value


def selling_steps(account: Account, *, email_verified: bool) -> list[Step]:
    """Say which milestones are behind the account; the first one missing is where it stands."""
    images = Image.objects.live().filter(owner=account)
    reached = {
        Milestone.VERIFIED: email_verified,
        Milestone.NAMESPACE: Namespace.objects.filter(owner=account).exists(),
        Milestone.RESERVED: images.exists(),
        Milestone.PUSHED: images.filter(first_pushed_at__isnull=False).exists(),
        Milestone.PAGE: Price.objects.current().filter(product__seller=account.pk).exists(),
        Milestone.PUBLISHED: Product.objects.on_sale().filter(seller=account.pk).exists(),
    }
    missing = [milestone for milestone in Milestone if not reached[milestone]]
    return [Step(milestone, "done" if reached[milestone] else "here" if milestone == missing[0] else "next") for milestone in Milestone]


def current_step(steps: list[Step]) -> Milestone | None:
    """Return the milestone to reach next; None when all are behind."""
    return next((step.milestone for step in steps if step.state == "here"), None)
