"""What buyers may pull: which manifests these are, and whether the registry still has each of them with all that it needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from marketplace.images.models import Image, Manifest
from registry_auth.client.errors import RegistryFailed, RegistryRefused
from registry_auth.client.manifests import Part, parts_of, read_document
from registry_auth.client.registry import RegistryClient

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Damage:
    """Something of a sold manifest that cannot be pulled.

    Attributes:
        digest: the manifest's, or the blob's that it names.
    """

    repository: str
    digest: str
    why: str

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}: {self.why}"


def pullable_manifests() -> QuerySet[Manifest]:
    """Return the manifests that a token may still be issued for, ordered by repository: those of images that are not taken down."""
    manifests = Manifest.objects.filter(image__taken_down_at__isnull=True, image__freed_at__isnull=True, removal_asked_at__isnull=True)
    return manifests.select_related("image").order_by("image__repository", "digest")


@dataclass(slots=True)
class SoldContent:
    """A check of all manifests that were sold; memory grows with one image only.

    Attributes:
        doomed: digests that are about to be deleted: whatever was sold must not be among them.
        checked: manifests so far.
    """

    registry: RegistryClient
    doomed: frozenset[str] = frozenset()
    checked: int = 0

    def damages(self) -> Iterator[Damage]:
        """Ask the registry for each sold manifest, and for the size of each blob that it names; yield what is missing or has another.

        Tags do not matter: buyers pull by digest too. Nor does a take-down, which may be undone; an erasure does.

        Raises:
            RegistryAway: the registry takes no connection.
        """
        sold = Image.objects.filter(first_sold_at__isnull=False, erasure_asked_at__isnull=True).order_by("pk")
        for image in sold.iterator(chunk_size=_AT_ONCE):
            yield from self._damages_of(image)

    def _damages_of(self, image: Image) -> Iterator[Damage]:
        seen: set[str] = set()
        for digest in image.manifests.filter(removal_asked_at__isnull=True).order_by("digest").values_list("digest", flat=True):
            self.checked += 1
            waiting = [Part(digest, 0, is_manifest=True)]
            while waiting:
                part = waiting.pop()
                if part.digest in seen:
                    continue
                seen.add(part.digest)
                try:
                    waiting += self._parts_below(image.repository, part)
                except (RegistryFailed, RegistryRefused) as error:
                    yield Damage(image.repository, part.digest, error.message)

    def _parts_below(self, repository: str, part: Part) -> list[Part]:
        """Return what the part names in turn.

        Raises:
            RegistryFailed, RegistryRefused: it is not there, or not whole.
        """
        if part.digest in self.doomed:
            raise RegistryRefused("It was sold, and is about to be deleted.")
        if part.is_manifest:
            found = self.registry.manifest(repository, part.digest)
            if found is None:
                raise RegistryRefused("The registry has no such manifest.")
            return parts_of(read_document(found.content))
        size = self.registry.blob_size(repository, part.digest)
        if size is None:
            raise RegistryRefused("The registry has no such blob.")
        if size != part.size:
            raise RegistryRefused(f"The registry's blob has {size} bytes instead of {part.size}.")
        return []
