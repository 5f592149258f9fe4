"""Repairing what notifications missed: the registry keeps them in memory only, and loses them when it dies.

Everything is read page by page and nothing is remembered of what was seen, so memory does not grow with the registry.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.services.audit import record_audit
from common.errors import DomainError
from marketplace.models import Image, Tag
from marketplace.services.manifests import record_push, remove_tag
from registry_auth.errors import RegistryAway
from registry_auth.models import Reconciliation
from registry_auth.registry_client import PAGE, RegistryClient
from registry_auth.services.descriptions import describe_waiting_manifests

logger = logging.getLogger(__name__)
_MOST_NAMED = 50  # tags named in one report
_EMPTY = "the registry's catalogue is empty although tags are known: nothing was removed"


@dataclass(slots=True)
class Repairs:
    """What one reconciliation found wrong and put right, over all images."""

    written: int = 0
    removed: int = 0
    described: int = 0
    unknown_repositories: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Repaired:
    """Tags of one image: how many, and the first few by name."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, tag: str) -> None:
        self.count += 1
        if len(self.named) < _MOST_NAMED:
            self.named.append(tag)


def reconcile(*, registry: RegistryClient) -> Repairs:
    """Make tags and manifests what the registry says they are. A row of its own reports it; tags by name stand in the trail of their image.

    Raises:
        RegistryAway: what was repaired so far stays, and is reported.
    """
    run, repairs = Reconciliation.objects.create(), Repairs()
    try:
        run.problem = _reconcile_all(registry, repairs)
        run.ended_at = timezone.now()
    except RegistryAway as error:
        run.problem, run.ended_at = error.message[:500], timezone.now()
        raise
    finally:
        for name in Repairs.__slots__:
            setattr(run, name, getattr(repairs, name))
        run.save()
    logger.info("registry reconciled", extra={"repairs": {name: getattr(repairs, name) for name in Repairs.__slots__}})
    return repairs


def _reconcile_all(registry: RegistryClient, repairs: Repairs) -> str:
    """Do it; return what kept it from its end, or nothing."""
    empty = True
    for names in _pages(registry.repositories()):
        empty = False
        images = list(Image.objects.occupying().filter(repository__in=names))
        repairs.unknown_repositories += len(names) - len(images)
        for image in images:
            if not image.tags.exists():  # the others come below, each once
                _reconcile_image(registry, image, repairs)
    if empty and Tag.objects.exists():
        # A registry that lost its storage must not take the shop's memory of it along.
        logger.error(_EMPTY)
        return _EMPTY
    for image in _tagged_images():
        _reconcile_image(registry, image, repairs)
    repairs.described = describe_waiting_manifests(registry=registry)
    return ""


def _reconcile_image(registry: RegistryClient, image: Image, repairs: Repairs) -> None:
    written, removed = _Repaired(), _Repaired()
    try:
        _write_missing_tags(registry, image, written)
        _check_known_tags(registry, image, written, removed)
    except RegistryAway:
        raise
    except DomainError as error:
        repairs.refused += 1
        logger.warning("image not reconciled", extra={"repository": image.repository, "why": error.message})
    if written.count or removed.count:
        repairs.written += written.count
        repairs.removed += removed.count
        record_audit(actor=None, action="image.reconciled", target=image, written=written.named, removed=removed.named)


def _write_missing_tags(registry: RegistryClient, image: Image, written: _Repaired) -> None:
    for names in _pages(registry.tags(image.repository)):
        known = set(image.tags.filter(name__in=names).values_list("name", flat=True))
        for name in names:
            if name not in known and _write_tag(registry, image, name):
                written.add(name)


def _check_known_tags(registry: RegistryClient, image: Image, written: _Repaired, removed: _Repaired) -> None:
    last = ""
    while tags := list(image.tags.filter(name__gt=last).order_by("name").values_list("name", "manifest__digest")[:PAGE]):
        for name, digest in tags:
            now_at = registry.manifest_digest(image.repository, name)
            if now_at is None:
                remove_tag(repository=image.repository, tag=name)
                removed.add(name)
            elif now_at != digest and _write_tag(registry, image, name):
                written.add(name)
        last = tags[-1][0]


def _write_tag(registry: RegistryClient, image: Image, name: str) -> bool:
    # The moment before the question: a push that comes after it is newer news and wins.
    at = timezone.now()
    manifest = registry.manifest(image.repository, name)
    if manifest is None:
        return False
    size = len(manifest.content)
    record_push(repository=image.repository, digest=manifest.digest, media_type=manifest.media_type, size=size, tag=name, at=at)
    return True


def _tagged_images() -> Iterator[Image]:
    tagged = Image.objects.occupying().filter(Exists(Tag.objects.filter(image=OuterRef("pk")))).order_by("pk")
    last = UUID(int=0)
    while images := list(tagged.filter(pk__gt=last)[:PAGE]):
        yield from images
        last = images[-1].pk


def _pages(names: Iterator[str]) -> Iterator[list[str]]:
    while page := list(islice(names, PAGE)):
        yield page
