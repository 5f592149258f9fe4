"""Repairing what notifications missed: the registry has them in memory only, and loses them when it dies.

Everything is read page by page and forgotten again, so memory does not grow with the registry.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from random import SystemRandom
from time import monotonic
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit.services import record_audit
from common.db.outages import begin_outage
from marketplace.images.models import Image, Tag
from marketplace.images.services.manifests import record_push, remove_tag
from registry_auth.client.errors import RegistryAway, RegistryFailed
from registry_auth.client.registry import DEPENDENCY, PAGE, RegistryClient
from registry_auth.upkeep.descriptions import describe_waiting_manifests
from registry_auth.upkeep.models import Reconciliation, RepositoryTrouble
from registry_auth.upkeep.runs import RowRequests
from registry_auth.upkeep.troubles import Upkeep

logger = logging.getLogger(__name__)
LONGEST_RUN = timedelta(minutes=50)
MOST_TAGS = 2_000  # of one image that one run requests
LONGEST_IMAGE = timedelta(minutes=5)  # far below what the task has left when a run is over
_MOST_NAMED = 50  # tags named in one report
_EMPTY = "the registry's catalogue is empty although tags are known: nothing was removed"


@dataclass(slots=True)
class Repairs:
    """What one reconciliation repaired, in numbers over all images."""

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
    """Make tags and manifests what the registry says they are. A row reports the run; repaired tags are named in their image's audit trail.

    An image that fails stops no other: it is put off, and given up with its reason after two days. A run that takes too long stops, and
    the next one begins where it stopped. Of an image with very many tags, or while the registry is slow, each run checks some, chosen at
    random.

    Raises:
        RegistryAway: what was repaired so far stays and is reported.
    """
    report, run = Reconciliation.objects.create(), _Run(registry)
    try:
        report.problem = run.reconcile_all()
        report.ended_at = timezone.now()
    except RegistryAway as error:
        report.problem, report.ended_at = error.message[:500], timezone.now()
        begin_outage(DEPENDENCY, reason=error.message)  # unless a row has said so
        raise
    finally:
        for name in Repairs.__slots__:
            setattr(report, name, getattr(run.repairs, name))
        report.stopped_before = run.stopped_before
        report.save(update_fields=["problem", "ended_at", "stopped_before", *Repairs.__slots__])
    logger.info("registry reconciled", extra={"repairs": {name: getattr(run.repairs, name) for name in Repairs.__slots__}})
    return run.repairs


class _Run:
    """One reconciliation."""

    def __init__(self, registry: RegistryClient) -> None:
        self.repairs = Repairs()
        self.stopped_before: UUID | None = None
        self._registry = registry
        self._upkeep = Upkeep(RepositoryTrouble.Job.RECONCILE, longest=LONGEST_RUN)
        self._put_off = self._upkeep.put_off_images()
        self._may_remove = True

    def reconcile_all(self) -> str:
        """Do it; return what prevented it from finishing, or nothing."""
        last = Reconciliation.objects.filter(ended_at__isnull=False).order_by("-started_at").first()
        begin = last.stopped_before if last and last.stopped_before else UUID(int=0)
        problem = self._read_catalogue()
        if problem == _EMPTY:
            return problem
        for image in _tagged_images(begin):
            if self._upkeep.is_over():
                self.stopped_before = image.pk
                return problem or "It took too long; the next run continues where this one stopped."
            self._reconcile_image(image)
        self.repairs.described = describe_waiting_manifests(registry=self._registry)
        return problem

    def _read_catalogue(self) -> str:
        """Reconcile what is in the registry and has no tag here. If the catalogue cannot be read whole, this run removes nothing."""
        empty = True
        try:
            for names in _pages(self._registry.repositories()):
                empty = False
                self._reconcile_untagged(names)
        except RegistryFailed as error:
            logger.exception("registry's catalogue cannot be read")
            self._may_remove = False
            return error.message
        if empty and Tag.objects.exists():
            # If the registry has lost its storage, the shop must not lose its own records too.
            logger.error(_EMPTY)
            return _EMPTY
        return ""

    def _reconcile_untagged(self, names: list[str]) -> None:
        images = list(Image.objects.occupying().filter(repository__in=names))
        self.repairs.unknown_repositories += len(names) - len(images)
        for image in images:
            if not image.tags.exists():  # the others come below, each once
                self._reconcile_image(image)

    def _reconcile_image(self, image: Image) -> None:
        if self._put_off.filter(image=image).exists():
            return
        comparison = _Comparison(self._registry, image, may_remove=self._may_remove)
        try:
            if not self._upkeep.try_image(image, comparison.run):
                self.repairs.refused += 1
        finally:
            self._report(image, comparison)

    def _report(self, image: Image, comparison: "_Comparison") -> None:
        written, removed = comparison.written, comparison.removed
        if written.count or removed.count:
            self.repairs.written += written.count
            self.repairs.removed += removed.count
            record_audit(actor=None, action="image.reconciled", target=image, written=written.named, removed=removed.named)


class _Comparison:
    """One image compared with its repository. If the registry fails for one tag, the others go on."""

    def __init__(self, registry: RegistryClient, image: Image, *, may_remove: bool) -> None:
        self.written, self.removed = _Repaired(), _Repaired()
        self._registry = registry
        self._image = image
        self._may_remove = may_remove
        self._requests = RowRequests()
        self._end = monotonic() + LONGEST_IMAGE.total_seconds()

    def run(self) -> None:
        self._write_missing_tags()
        self._check_known_tags()
        self._requests.raise_first()

    def _write_missing_tags(self) -> None:
        for names in _pages(self._registry.tags(self._image.repository)):
            known = set(self._image.tags.filter(name__in=names).values_list("name", flat=True))
            for name in names:
                if monotonic() > self._end:
                    return  # what was written is known to the next run
                if name not in known:
                    self._requests.send(partial(self._write_tag, name), otherwise=None)

    def _check_known_tags(self) -> None:
        for name, digest in self._some_tags():
            if monotonic() > self._end:
                return
            self._requests.send(partial(self._check_tag, name, digest), otherwise=None)

    def _some_tags(self) -> list[tuple[str, str]]:
        tags = self._image.tags.order_by("name")
        beyond = tags.count() - MOST_TAGS
        begin = SystemRandom().randint(0, beyond) if beyond > 0 else 0
        some = list(tags.values_list("name", "manifest__digest")[begin : begin + MOST_TAGS])
        return SystemRandom().sample(some, len(some))  # there may be time for the first of them alone

    def _check_tag(self, name: str, digest: str) -> None:
        now_at = self._registry.manifest_digest(self._image.repository, name)
        if now_at is not None and now_at != digest:
            self._write_tag(name)
        elif now_at is None and self._may_remove:
            remove_tag(repository=self._image.repository, tag=name)
            self.removed.add(name)

    def _write_tag(self, name: str) -> None:
        # The time before the request: a push that comes after it is newer and wins.
        at = timezone.now()
        found = self._registry.manifest(self._image.repository, name)
        if found is not None:
            size = len(found.content)
            record_push(repository=self._image.repository, digest=found.digest, media_type=found.media_type, size=size, tag=name, at=at)
            self.written.add(name)


def _tagged_images(begin: UUID) -> Iterator[Image]:
    tagged = Image.objects.occupying().filter(Exists(Tag.objects.filter(image=OuterRef("pk")))).order_by("pk")
    images = list(tagged.filter(pk__gte=begin)[:PAGE])
    while images:
        yield from images
        images = list(tagged.filter(pk__gt=images[-1].pk)[:PAGE])


def _pages(names: Iterator[str]) -> Iterator[list[str]]:
    while page := list(islice(names, PAGE)):
        yield page
