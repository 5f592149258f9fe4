"""Signatures, bills of materials and statements that lie beside an image: what was seen, and where. Nothing of it was verified."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Prefetch
from django.utils.translation import gettext_noop

from marketplace.contents.facts import Evidence
from marketplace.contents.models import ManifestContents
from marketplace.images.models import Image, Manifest, Tag

LISTED: Final = 20
_SUFFIXES: Final = (".sig", ".att", ".sbom")  # cosign's tags beside an image
_ORDER: Final = ("signature", "sbom", "provenance", "attestation", "artefact")


@dataclass(frozen=True, slots=True)
class Attachment:
    """An artefact that says of a manifest that it is about it.

    Attributes:
        digest: the artefact's.
        subject: the manifest that it is about.
        found_by: `tag`, `subject` or `index`: a tag of cosign's, the artefact's own field (what OCI calls a referrer), or an index's entry.
        tag: cosign's, if it was found by one.
    """

    evidence: Evidence
    digest: str
    subject: str
    found_by: str
    tag: str
    pushed_at: datetime


def attachments_of(image: Image, digests: Collection[str], attestations: Sequence[Sequence[str]] = ()) -> list[Attachment]:
    """List what lies beside these manifests, signatures first. Six queries at most, however many there are.

    Args:
        digests: of an index and of the image that is shown of it.
        attestations: `ManifestContents.attestations` of the index.
    """
    named = {digest: subject for digest, subject in attestations if subject in digests}
    found = [*_by_tag(image, digests), *_by_subject(image, digests), *_by_index(image, named)]
    once = {(one.evidence, one.digest, one.subject): one for one in reversed(found)}
    return sorted(once.values(), key=lambda one: (_ORDER.index(one.evidence.kind), one.evidence.form, one.digest))[:LISTED]


def _by_tag(image: Image, digests: Collection[str]) -> Iterator[Attachment]:
    subjects = {digest.replace(":", "-") + suffix: digest for digest in digests for suffix in _SUFFIXES}
    tags = Tag.objects.filter(image=image, name__in=subjects)
    for tag in tags.select_related("manifest__contents").defer("manifest__blobs", "manifest__children"):
        contents = getattr(tag.manifest, "contents", None)
        for evidence in _evidence(contents) or ([Evidence("artefact", gettext_noop("not read yet"))] if contents is None else []):
            yield Attachment(evidence, tag.manifest.digest, subjects[tag.name], "tag", tag.name, tag.pushed_at)


def _by_subject(image: Image, digests: Collection[str]) -> Iterator[Attachment]:
    shown = Prefetch("manifest", Manifest.objects.only("digest", "pushed_at"))
    for digest in digests:  # one after the other: the index has them in this order for one subject, not for several
        referrers = ManifestContents.objects.filter(image=image, subject=digest).order_by("-recorded_at")
        for contents in referrers.prefetch_related(shown)[:LISTED]:
            for evidence in _evidence(contents):
                yield Attachment(evidence, contents.manifest.digest, contents.subject, "subject", "", contents.manifest.pushed_at)


def _by_index(image: Image, named: dict[str, str]) -> Iterator[Attachment]:
    manifests = Manifest.objects.filter(image=image, digest__in=list(named)[:LISTED]).select_related("contents")
    for manifest in manifests.defer("blobs", "children"):
        for evidence in _evidence(getattr(manifest, "contents", None)):
            yield Attachment(evidence, manifest.digest, named[manifest.digest], "index", "", manifest.pushed_at)


def _evidence(contents: ManifestContents | None) -> list[Evidence]:
    return [Evidence(*one) for one in contents.evidence] if contents else []
