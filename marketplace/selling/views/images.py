"""A seller's page of one image: push commands, tags, permissions and pulls."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.people.models import User
from accounts.people.requests import signed_in
from common.errors import DomainError
from marketplace.contents.selectors.inside import hiding_manifests
from marketplace.covers.selectors import Shape
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Facts, Subject, access_facts, allowed_actions, decide
from marketplace.images.models import Image
from marketplace.images.selectors.tags import TagRow, stops_at, tag_rows, unreadable_manifests
from marketplace.images.services.leading_tags import feature_tag
from marketplace.images.services.reservations import release_image
from marketplace.images.services.unreadable_manifests import ask_for_removal
from marketplace.insights.selectors import pull_figures, puller_figures
from marketplace.products.models import Product
from marketplace.selling.guards import SellerRequest, address_for, own_image, seller_required
from marketplace.shopwindow.listings import list_images

_COLUMNS = (Action.PULL, Action.PUSH, Action.DELETE)
_FIRST_TAG = "1.0"
_PRODUCTS = 50  # newest ones that an image is sold in


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of the table of permissions: who, and whether they may pull, push and delete."""

    who: str
    allowed: tuple[bool, ...]


@seller_required
@require_safe
def image(request: SellerRequest, image_id: UUID) -> HttpResponse:
    """Show the push commands with real names, the tags as they arrive, what the policy allows, and how often it was pulled."""
    found = own_image(request, image_id)
    holders = Entitlement.objects.in_force().filter(image=found).values("holder").distinct().count()
    listing, tags, today = list_images([found], Shape.MARK)[0], _tags(found), timezone.now().date()
    context = {
        **tags,
        "leading_tag": listing.tag,
        "tag_names": _tag_names(found, tags["rows"]),
        "cover": listing.cover,
        "holders": holders,
        "hiding": hiding_manifests(found),
        "permissions": _permissions(found, signed_in(request), holders, of_organisation=request.seller.account.user_id is None),
        "pulls": pull_figures(found, today=today, viewer_id=signed_in(request).pk),
        "pullers": puller_figures(found, today=today),
        "products": Product.objects.filter(images=found).only("pk", "title", "state").order_by("-created_at")[:_PRODUCTS],
        "may_release": found.is_live and not found.was_pushed and found.first_sold_at is None,
    }
    return render(request, "marketplace/image.html", context)


@seller_required
@require_safe
def image_tags(request: SellerRequest, image_id: UUID) -> HttpResponse:
    """Render only the list of tags, for the script that keeps it up to date."""
    return render(request, "marketplace/_tags_live.html", _tags(own_image(request, image_id)))


def _tag_names(found: Image, rows: Iterable[TagRow]) -> list[str]:
    """List the tags that pages can lead with, and the one the seller chose even if its tag is too old to be listed."""
    names = [name for row in rows for name in (row.name, *row.also)]
    return names if found.featured_tag in {"", *names} else [found.featured_tag, *names]


def _tags(found: Image) -> dict[str, Any]:
    rows = tag_rows(found)
    return {
        "image": found,
        "rows": rows,
        "stops_at": stops_at(rows),
        "unreadable": unreadable_manifests(found),
        "example_tag": _FIRST_TAG,
    }


@seller_required
@require_POST
def feature(request: SellerRequest, image_id: UUID) -> HttpResponse:
    """Choose the tag that pages lead with."""
    found = own_image(request, image_id)
    try:
        image = feature_tag(image=found, tag=request.POST.get("featured_tag", ""), actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        leads = gettext("Pages lead with {tag} now.") if image.leading_tag else gettext("Pages will lead with the first tag you push.")
        messages.success(request, leads.format(tag=image.leading_tag))
    return redirect("marketplace:image", found.pk)


@seller_required
@require_POST
def remove_unreadable(request: SellerRequest, image_id: UUID, manifest_id: UUID) -> HttpResponse:
    """Ask for the removal of a manifest that nobody can read."""
    found = own_image(request, image_id)
    try:
        ask_for_removal(manifest=get_object_or_404(found.manifests, pk=manifest_id), actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("It will be removed from the registry within a minute, with its tags."))
    return redirect("marketplace:image", found.pk)


def _permissions(found: Image, reader: User, holders: int, *, of_organisation: bool) -> list[Permission]:
    """Ask the policy about the reader and about a stranger; the others differ from a stranger in one or two facts each."""
    name = found.repository
    own = allowed_actions(subject=Subject.of(reader), repositories=[name])[name]
    stranger = access_facts(subject=Subject.anonymous(), repositories=[name])[name]
    rows = (
        (gettext("You"), own),
        *(_of_organisation(stranger) if of_organisation else ()),
        (
            ngettext("{count} holder", "{count} holders", holders).format(count=holders),
            decide(replace(stranger, held=True), is_staff=False),
        ),
        (gettext("Everybody"), decide(stranger, is_staff=False)),
        (gettext("Staff"), decide(stranger, is_staff=True)),
    )
    return [Permission(who, tuple(action in actions for action in _COLUMNS)) for who, actions in rows]


def _of_organisation(stranger: Facts) -> Iterable[tuple[str, frozenset[Action]]]:
    edits, pulls = (decide(replace(stranger, owned=True, edited=edited), is_staff=False) for edited in (True, False))
    return (
        (gettext("Owners and editors"), edits),
        (gettext("Members"), pulls),
        (gettext("Robots for this image"), edits),
        (gettext("Other robots"), pulls),
    )


@seller_required
@require_POST
def release(request: SellerRequest, image_id: UUID) -> HttpResponse:
    """Give a name up."""
    found = own_image(request, image_id)
    try:
        release_image(image=found, reason="", actor=signed_in(request))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("marketplace:image", found.pk)
    messages.success(request, gettext("You have given up {repository}.").format(repository=found.repository))
    return redirect(address_for(request, "marketplace:dashboard"))
