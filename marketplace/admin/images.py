"""Namespaces and images: who holds which name, and what staff may do about it."""

from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.models import Account
from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from marketplace.admin.bounds import PULL_ENDS, PUSH_ENDS
from marketplace.admin.forms import GiveImageForm
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.staff_grants import give_image
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.images.services.namespaces import clear_skeleton
from marketplace.images.services.reservations import release_image
from marketplace.images.services.take_downs import erase_image, restore_image, take_down_image
from marketplace.insights.models import PullCount, PullerSketch
from marketplace.products.models import Product


@admin.register(Namespace)
class NamespaceAdmin(AuditedAdmin):
    """First parts of image names."""

    list_display = ("name", related_row("owner"), "skeleton", "image_quota", "created_at")
    list_filter = (("skeleton", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "skeleton", "owner__name", "owner__user__email")
    date_hierarchy = "created_at"
    exclude = ("owner",)
    readonly_fields = (
        "id",
        "skeleton",
        "created_at",
        related_row("owner"),
        related_row("owner__user", "user"),
        related_row("owner__seller", "seller"),
        related_rows(Image, "namespace"),
        related_rows(Product, "namespace"),
    )
    actions = ("clear_skeleton",)

    @act("Clear look-alike guard", consequence="Names that look like this one can be taken from now on. The name itself stays its owner's.")
    def clear_skeleton(self, request: HttpRequest, namespace: Namespace, reason: str) -> None:
        """Let look-alikes be taken."""
        clear_skeleton(namespace=namespace, reason=reason, actor=signed_in(request))


@admin.register(Image)
class ImageAdmin(AuditedAdmin):
    """Reserved names, each one repository of the registry. Tombstones stay in the list."""

    list_display = (
        "repository",
        related_row("owner"),
        "reserved_at",
        "first_pushed_at",
        "first_sold_at",
        "ended_at",
        "taken_down_at",
        "pull_count",
    )
    list_filter = (
        ("first_pushed_at", admin.EmptyFieldListFilter),
        ("first_sold_at", admin.EmptyFieldListFilter),
        ("ended_at", admin.EmptyFieldListFilter),
        ("freed_at", admin.EmptyFieldListFilter),
        ("taken_down_at", admin.EmptyFieldListFilter),
        "reserved_at",
    )
    list_select_related = ("owner",)
    search_fields = ("repository", "owner__name", "owner__user__email", "manifests__digest")
    date_hierarchy = "reserved_at"
    exclude = ("namespace", "owner", "reserved_by")
    readonly_fields = (
        "id",
        "repository",
        related_row("namespace"),
        related_row("owner"),
        related_row("reserved_by", "reserved by"),
        "reserved_at",
        "expiry_warned_at",
        "first_pushed_at",
        "first_sold_at",
        "ended_at",
        "end_reason",
        "freed_at",
        "taken_down_at",
        "take_down_reason",
        "erasure_asked_at",
        "pull_count",
        related_rows(Tag, "image"),
        related_rows(Manifest, "image"),
        related_rows(Product, "images"),
        related_rows(Entitlement, "image"),
        related_rows(PullCount, "image"),
        related_rows(PullerSketch, "image"),
    )
    actions = ("take_down", "restore", "erase", "release", "give")

    @act(
        "Take down",
        consequence=f"Nobody but staff can pull or push it any more, not even buyers. {PULL_ENDS} {PUSH_ENDS} The name stays taken."
        " What was never sold is deleted from the registry; what was sold stays there, and can be restored.",
    )
    def take_down(self, request: HttpRequest, image: Image, reason: str) -> None:
        """Stop every pull and push."""
        take_down_image(image=image, reason=reason, actor=signed_in(request))

    @act(
        "Restore",
        consequence="Whoever could pull and push before the take-down can again. What was deleted from the registry does not come back: an"
        " image of which nothing is left is off sale until its seller has pushed a tag.",
    )
    def restore(self, request: HttpRequest, image: Image, reason: str) -> None:
        """Undo a take-down."""
        restore_image(image=image, reason=reason, actor=signed_in(request))

    @act(
        "Erase",
        consequence="Everything that was pushed to it is deleted from the registry within a minute, although it was sold. Restoring it"
        " does not bring the content back. Only images that are taken down can be erased.",
    )
    def erase(self, request: HttpRequest, image: Image, reason: str) -> None:
        """Delete what was sold, too."""
        erase_image(image=image, reason=reason, actor=signed_in(request))

    @act(
        "Release name",
        consequence=f"Pushes end; those who can pull still can. {PUSH_ENDS} A name that was ever pushed to or sold stays taken for good.",
    )
    def release(self, request: HttpRequest, image: Image, reason: str) -> None:
        """Give names up for their owners."""
        release_image(image=image, reason=reason, actor=signed_in(request))

    @act(
        "Give to a user",
        consequence="The user can pull it from now on, until the day that you may name, and finds it in the library. It costs nothing.",
        form=GiveImageForm,
    )
    def give(self, request: HttpRequest, image: Image, reason: str, holder: Account, ends_on: datetime | None) -> None:
        """Let somebody pull without an order."""
        give_image(image=image, holder=holder, reason=reason, actor=signed_in(request), ends_at=ends_on)
