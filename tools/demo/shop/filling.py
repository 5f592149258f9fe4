"""The order in which the shop is filled. What is there stays, so that one that was cut off goes on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from tools.demo.shop.buyers import found_organisations
from tools.demo.shop.clock import Clock, set_clock
from tools.demo.shop.filled import Filled, Step
from tools.demo.shop.goods import read_shops
from tools.demo.shop.life import live
from tools.demo.shop.people import BUYER, STAFF, Known, make_buyers, meet
from tools.demo.shop.present import await_true
from tools.demo.shop.registry import Pusher
from tools.demo.shop.sellers import OpenShop, open_shop
from tools.demo.shop.shelves import date_pushes, missing_manifests, missing_tags, push_all, stock


def fill(base: str, step: Step) -> dict[str, Any]:
    """Fill the shop; return who can sign in."""
    today = timezone.now().date()
    with set_clock() as clock:
        with step("Sellers open their shops") as words:
            shops = [open_shop(clock, shop, today) for shop in read_shops()]
            words.append(f"{len(shops)} sellers, one of them an organisation, {sum(len(shop.images) for shop in shops)} names reserved")
        with step("They push") as words:
            shelves, count = push_all(shops, today, Pusher(base, settings.LAYERSTORE_SERVICE))
            words.append(f"{count} manifests")
        with step("Buyers and staff sign up, organisations are founded") as words:
            filled = Filled(today, clock, shelves, [], [], _hire(clock, today))
            _invite_buyers(filled)
            words.append(f"{len(filled.buyers)} buyers, {len(filled.organisations)} organisations, {len(filled.staff)} of staff")
        with step("The shop has heard of every tag"):
            await_true(lambda: not missing_tags(shelves), "The tags")
        with step("They write, price and publish their products") as words:
            for shelf in shelves:
                stock(clock, shelf, today)
            words.append(f"{len(filled.stocked)} products")
        with step("The shop has read every manifest"):
            await_true(lambda: not missing_manifests(shelves), "The descriptions of the manifests")
            date_pushes(shelves)
        live(filled, step)
    return _record(shops, filled)


def _hire(clock: Clock, today: date) -> list[Known]:
    staff = []
    for username, role in STAFF:
        known = meet(clock, username, today=today, since=127)
        call_command("make_staff", username, role=role, verbosity=0, stdout=_Nowhere())
        known.user.refresh_from_db()  # staff from now on
        staff.append(known)
    return staff


class _Nowhere:
    """Takes what commands print."""

    def write(self, _: str) -> None:
        """Forget it."""


def _invite_buyers(filled: Filled) -> None:
    meet(filled.clock, BUYER, today=filled.today, since=190)
    filled.buyers = make_buyers(filled.today)
    filled.organisations = found_organisations(filled.clock, filled.buyers, filled.today)


def _record(shops: Sequence[OpenShop], filled: Filled) -> dict[str, Any]:
    """Return who can sign in, by what they are."""
    organisation = next(shop for shop in shops if shop.shop.is_organisation)
    seller = next(shop for shop in shops if shop.shop.namespace == "saltmarsh")
    buyer = meet(filled.clock, BUYER, today=filled.today, since=190)
    people = {
        f"seller, {seller.shop.name}": seller.owner,
        f"owner, {organisation.shop.name}": organisation.owner,
        "buyer": buyer,
        **{f"staff, {role}": known for (_, role), known in zip(STAFF, filled.staff, strict=True)},
    }
    return {
        "products": len(filled.stocked),
        "people": [{"role": role, **known.record()} for role, known in people.items()],
        "sellers": [{"namespace": shop.shop.namespace, **shop.owner.record()} for shop in shops],
    }
