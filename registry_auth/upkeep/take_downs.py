"""Removing content from the registry. What is due: images that are taken down, were never sold and still have manifests."""

from datetime import timedelta
from functools import partial

from django.db.models import Exists, OuterRef

from audit.services import record_audit
from common.db.claims import claim_due, put_back
from marketplace.images.models import Image, Manifest
from marketplace.images.services.manifests import remove_manifest
from marketplace.images.services.unreadable_manifests import record_unreadable_manifest
from registry_auth.client.errors import RegistryFailed
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.holds import require_deletions
from registry_auth.upkeep.models import RepositoryTrouble
from registry_auth.upkeep.runs import RegistryRun, RowRequests
from registry_auth.upkeep.troubles import PATIENCE, Upkeep

LONGEST_RUN = timedelta(minutes=2)
REMOVED_AT_ONCE = 20


def remove_taken_down_manifests(*, registry: RegistryClient) -> int:
    """Delete all manifests of images that were taken down, so that a token issued earlier finds nothing. Return how many.

    Of what was sold nothing is deleted unless staff have asked for its erasure as well.

    An image that staff restore meanwhile keeps what is left of it. One that cannot be emptied stops no other and is tried again later.

    Raises:
        RegistryAway: it takes no connection, or fails in the same way for several sellers; the next run continues.
    """
    upkeep, removed = Upkeep(RepositoryTrouble.Job.EMPTY, longest=LONGEST_RUN), 0
    of_image = {"image": OuterRef("pk")}
    unfinished = Exists(RepositoryTrouble.objects.filter(**of_image, job=RepositoryTrouble.Job.EMPTY))
    down = Image.objects.emptied().filter(Exists(Manifest.objects.filter(**of_image)) | unfinished)
    for image_id in list(down.exclude(pk__in=upkeep.put_off_images()).order_by("taken_down_at").values_list("pk", flat=True)):
        # Read again, for staff may have restored it while others were being emptied.
        image = Image.objects.emptied().filter(pk=image_id).first()
        if upkeep.is_over():
            break
        if image is not None:
            emptying = _Emptying(registry, image)
            upkeep.try_image(image, emptying.run)
            removed += emptying.removed
    return removed


class _Emptying:
    """Emptying one image, as far as the registry allows it."""

    def __init__(self, registry: RegistryClient, image: Image) -> None:
        self.removed = 0
        self._registry = registry
        self._image = image
        self._requests = RowRequests()

    def run(self) -> None:
        try:
            self._remove_all()
        finally:
            if self.removed:
                reason = self._image.take_down_reason
                record_audit(actor=None, action="image.manifests_removed", target=self._image, reason=reason, manifests=self.removed)

    def _remove_all(self) -> None:
        known, send = set(self._image.manifests.values_list("digest", flat=True)), self._requests.send
        for digest in sorted(known):
            send(partial(self._remove, digest), otherwise=None)
        # What the registry has and we do not know of is removed too: a tag may have been pushed while the image was being taken down.
        tags: list[str] = send(partial(_tags, self._registry, self._image), otherwise=[])
        for tag in tags:
            # A tag whose link is damaged points nowhere; what it pointed at has been removed by its digest.
            unknown = send(partial(self._registry.manifest_digest, self._image.repository, tag), otherwise=None)
            if unknown is not None and unknown not in known:
                known.add(unknown)
                send(partial(self._remove, unknown), otherwise=None)
        self._requests.raise_first()

    def _remove(self, digest: str) -> None:
        if Image.objects.emptied().filter(pk=self._image.pk).exists():  # or else staff have restored it meanwhile
            delete_manifest(self._registry, self._image.repository, digest)
            self.removed += 1


def _tags(registry: RegistryClient, image: Image) -> list[str]:
    return list(registry.tags(image.repository))


def remove_unreadable_manifests(*, registry: RegistryClient) -> int:
    """Delete the manifests that nobody could read and whose sellers want them removed. Return how many.

    Raises:
        RegistryAway: as above.
    """
    removed, run = 0, RegistryRun(longest=LONGEST_RUN)
    requested = Manifest.objects.filter(removal_asked_at__isnull=False).select_related("image").order_by("due_at")
    due = claim_due(requested, backoff=PATIENCE, most=REMOVED_AT_ONCE)
    try:
        while due and not run.is_over():
            manifest = due.pop(0)
            removed += run.try_row(
                partial(delete_manifest, registry, manifest.image.repository, manifest.digest),
                origin=manifest.image.owner_id,
                put_off=partial(record_unreadable_manifest, manifest, backoff=PATIENCE),
                give_back=partial(put_back, [manifest]),
            )
    finally:
        put_back(due)
    return removed


def delete_manifest(registry: RegistryClient, repository: str, digest: str) -> None:
    """Delete a manifest in the registry, then here.

    Raises:
        DeletionsHeld: a backup or a garbage collection is under way.
        RegistryFailed: it is still there. distribution 2.8 may fail at the tags that pointed at it although the manifest is gone.
    """
    require_deletions()
    try:
        registry.delete_manifest(repository, digest)
    except RegistryFailed:
        if registry.manifest_digest(repository, digest) is not None:
            raise
    remove_manifest(repository=repository, digest=digest)
