"""The buyers' side: organisations that buy, access tokens, what was got for free, reviews, and who wants mail about new versions.

Access tokens, reviews and subscriptions are written in bulk, with the values that `write_token`, `write_review`, `answer_review` and
`subscribe_to_updates` give them; what is counted of them is counted by the services. Nobody knows the secrets of these tokens.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.organisations.services.organisations import found_organisation
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.secrets import HINT_LENGTH, new_secret, secret_hash
from marketplace.credentials.services import make_robot
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.locks import lock_product
from marketplace.products.models import Product
from marketplace.reviews.models import Review, ReviewVersion
from marketplace.reviews.services import count_ratings
from marketplace.updates.models import ProductUpdates, UpdateSubscription
from tools.demo.shop.clock import Clock
from tools.demo.shop.goods import Goods
from tools.demo.shop.images import moment
from tools.demo.shop.layers import SEED
from tools.demo.shop.sellers import join

ROBOT: Final = "ci"
_ORGANISATIONS: Final = (
    ("Harbour Logistics", "harbour-logistics", 3, ((17, Role.MEMBER), (29, Role.MEMBER), (41, Role.BILLING))),
    ("Clinic Software Nord", "clinic-nord", 5, ((19, Role.MEMBER), (31, Role.OWNER))),
    ("Bright Classrooms", "bright-classrooms", 7, ((23, Role.MEMBER),)),
    ("Meridian Press", "meridian-press", 8, ((25, Role.MEMBER), (37, Role.BILLING), (43, Role.MEMBER))),
)
_STUCK_OF: Final = 11  # one buyer in eleven never pulls
_FREE_HOLDERS: Final = (9, 26)
_DAY: Final = timedelta(days=1)
_LEAST_KNOWN: Final = 10  # days that somebody has had a product of which they write a review


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that buys: who founded it and who pulls for it."""

    account: Account
    owner: User
    pullers: tuple[str, ...]


def found_organisations(clock: Clock, buyers: Sequence[User], today: date) -> list[Organisation]:
    """Return the organisations that buy; founded, with their members and a robot, if they are not there."""
    return [_found(clock, buyers, today, one) for one in _ORGANISATIONS]


def _found(clock: Clock, buyers: Sequence[User], today: date, one: tuple[str, str, int, Sequence[tuple[int, Role]]]) -> Organisation:
    name, handle, founder, members = one
    owner = buyers[founder]
    account = Account.objects.filter(handle=handle).first()
    with clock.at(moment(today, 118, handle)):
        if account is None:
            account = found_organisation(user=owner, name=name, handle=handle)
        for place, role in members:
            join(account, buyers[place], role, by=owner)
        if not account.robots.exists():
            make_robot(organisation=account, actor=owner, name=ROBOT)
    pulling = [buyers[place].username for place, role in members if role.pulls]
    return Organisation(account, owner, (f"{handle}+{ROBOT}", *pulling))


def is_stuck(place: int) -> bool:
    """Whether the buyer at this place never gets to a first pull."""
    return place % _STUCK_OF == 5  # noqa: PLR2004  any remainder will do


def make_tokens(buyers: Sequence[User], last_pulls: Mapping[str, date]) -> None:
    """Write the access tokens that buyers made: used by those who pull, and of every kind that is in the way by those who never do.

    Args:
        last_pulls: when a user name last pulled.
    """
    now = timezone.now()
    rows = []
    for place, user in enumerate(buyers):
        made = min(user.date_joined + timedelta(hours=3), now)
        last = last_pulls.get(user.username)
        if last is not None:
            used = datetime(last.year, last.month, last.day, 12, tzinfo=now.tzinfo)
            rows.append(_token(user, made, last_used_at=max(used, made)))
        elif is_stuck(place):
            rows += _stuck_token(user, made, place // _STUCK_OF % 6, now)
    AccessToken.objects.bulk_create(rows, batch_size=500)


def _stuck_token(user: User, made: datetime, kind: int, now: datetime) -> Iterator[AccessToken]:
    """Yield the token of somebody who does not pull; one kind has none, and one could pull at any time."""
    ways: dict[int, dict[str, object]] = {
        1: {},
        2: {"last_used_at": max(made + _DAY, now - 9 * _DAY)},
        3: {"expires_at": min(made + 7 * _DAY, now - _DAY)},
        4: {"revoked_at": min(made + 2 * _DAY, now - _DAY)},
        5: {"scopes": [TokenScope.API]},
    }
    if kind in ways:
        yield _token(user, made, **ways[kind])


def _token(user: User, made: datetime, **values: object) -> AccessToken:
    secret = new_secret()
    common: dict[str, object] = {"scopes": [TokenScope.PULL], "name": "build server" if user.pk.int % 2 else "laptop", "created_at": made}
    return AccessToken(user=user, secret_hash=secret_hash(secret), hint=secret[-HINT_LENGTH:], **(common | values))


@dataclass(frozen=True, slots=True)
class Free:
    """A free product in somebody's library."""

    product: Product
    images: tuple[Image, ...]
    holder: User
    at: datetime


def plan_free(products: Sequence[tuple[Product, tuple[Image, ...], int]], buyers: Sequence[User], today: date) -> list[Free]:
    """Return who got which free product, the same for the same seed.

    Args:
        products: with their images, and how many days ago they were published.
    """
    chance = random.Random(f"{SEED} free")
    found = []
    for product, images, since in products:
        for user in chance.sample(list(buyers), chance.randint(*_FREE_HOLDERS)):
            joined = (today - user.date_joined.date()).days
            ago = chance.randint(1, max(min(since, joined) - 1, 1))
            found.append(Free(product, images, user, moment(today, ago, f"{user.username} gets {product.slug}")))
    return found


def write_free(free: Sequence[Free]) -> None:
    """Write the entitlements to what is free, as `obtain_free_product` leaves them."""
    Entitlement.objects.bulk_create(
        Entitlement(
            holder=one.holder.account, image=image, source_kind=Entitlement.Source.FREE, source_id=one.product.pk, granted_at=one.at
        )
        for one in free
        for image in one.images
    )


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who may review a product: the account that has it, one of its people, and since when."""

    account: UUID
    author: User
    since: datetime


def write_reviews(goods: Sequence[tuple[Product, Goods]], reviewers: Mapping[UUID, Sequence[Reviewer]], today: date) -> int:
    """Write the reviews of goods.toml, each by somebody who has the product, and count what they add up to. Return how many."""
    chance = random.Random(f"{SEED} reviews")
    reviews, versions = [], []
    latest = moment(today, _LEAST_KNOWN, "the last of those who review")
    for product, what in goods:
        having = list({one.account: one for one in reviewers.get(product.pk, ()) if one.since < latest}.values())
        if not what.reviews or not having:
            continue
        first = sorted(chance.sample(having, min(len(what.reviews), len(having))), key=lambda one: one.since)
        for said, reviewer in zip(what.reviews, first, strict=False):
            review = _review(chance, product, reviewer, latest)
            review.rating, review.text = said.rating, said.text
            if said.answer:
                review.answer, review.answered_at = said.answer, review.written_at + _DAY * chance.randint(1, 2)
            if said.answer and said.rating < 4:  # noqa: PLR2004  somebody who was helped thinks better of it
                review.edited_at = review.written_at + 3 * _DAY
                before = f"{said.text.split('.')[0]}. I expected more."
                versions.append(ReviewVersion(review=review, rating=said.rating - 1, text=before, written_at=review.written_at))
            reviews.append(review)
    with transaction.atomic():
        Review.objects.bulk_create(reviews)
        ReviewVersion.objects.bulk_create(versions)
        for product_id in sorted({review.product_id for review in reviews}):
            count_ratings(lock_product(product_id=product_id))
    return len(reviews)


def _review(chance: random.Random, product: Product, reviewer: Reviewer, latest: datetime) -> Review:
    """Return a review, written some days after its buyer got the product, and early enough to be answered and edited by now."""
    most = min((latest - reviewer.since).days + _LEAST_KNOWN - 5, 25)
    written = reviewer.since + _DAY * chance.randint(2, max(most, 2)) + timedelta(minutes=chance.randint(0, 300))
    return Review(product=product, buyer_id=reviewer.account, author=reviewer.author, written_at=written)


def subscribe(reviewers: Mapping[UUID, Sequence[Reviewer]], today: date) -> int:
    """Let every sixth of those who have a product want mail about its new versions. Return how many."""
    chance = random.Random(f"{SEED} updates")
    wanted = {
        (one.author.pk, product): UpdateSubscription(
            user=one.author, product_id=product, created_at=max(one.since, moment(today, 60, str(product)))
        )
        for product, having in reviewers.items()
        for one in having
        if chance.random() < 1 / 6
    }
    # What was pushed until now is told to nobody: its day is long past.
    told = [ProductUpdates(product_id=product, covered_until=timezone.now()) for product in {product for _, product in wanted}]
    ProductUpdates.objects.bulk_create(told, ignore_conflicts=True)
    UpdateSubscription.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    return len(wanted)
