"""What lies beside an image in the registry, and where it was seen."""

import pytest

from marketplace.contents.facts import Evidence
from marketplace.contents.models import ManifestContents
from marketplace.contents.selectors.attachments import LISTED, Attachment, attachments_of
from marketplace.images.models import Image, Manifest
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of

pytestmark = pytest.mark.django_db
SUBJECT = digest_of("subject")
SIGNATURE, SBOM = ["signature", "cosign"], ["sbom", "SPDX"]


def artefact(image: Image, *evidence: list[str], subject: str = "", tag: str = "") -> Manifest:
    manifest: Manifest = ManifestFactory(image=image, kind="artifact")
    ManifestContents.objects.create(manifest=manifest, image=image, evidence=list(evidence), subject=subject)
    if tag:
        TagFactory(image=image, manifest=manifest, name=tag)
    return manifest


def told(found: list[Attachment]) -> list[tuple[str, str, str]]:
    return [(one.evidence.kind, one.found_by, one.tag) for one in found]


@pytest.fixture
def image() -> Image:
    made: Image = ImageFactory()
    return made


def test_cosigns_tags_referrers_and_entries_of_the_index_are_told_apart(image: Image) -> None:
    tag = f"{SUBJECT.replace(':', '-')}.sig"
    artefact(image, SIGNATURE, tag=tag)
    artefact(image, SBOM, subject=SUBJECT)
    attested = artefact(image, ["provenance", "SLSA"])

    found = attachments_of(
        image, [SUBJECT], [[attested.digest, SUBJECT], [digest_of("gone"), SUBJECT], [attested.digest, digest_of("other")]]
    )

    assert told(found) == [("signature", "tag", tag), ("sbom", "subject", ""), ("provenance", "index", "")]
    assert {one.subject for one in found} == {SUBJECT}


def test_what_is_about_another_manifest_or_lies_in_another_image_is_not_told(image: Image) -> None:
    artefact(image, SIGNATURE, tag=f"{digest_of('other').replace(':', '-')}.sig", subject=digest_of("other"))
    artefact(PushedImageFactory(), SBOM, subject=SUBJECT, tag=f"{SUBJECT.replace(':', '-')}.sbom")

    assert attachments_of(image, [SUBJECT]) == []


def test_one_artefact_with_two_statements_is_told_twice_and_one_seen_twice_once(image: Image) -> None:
    tag = f"{SUBJECT.replace(':', '-')}.att"
    artefact(image, SBOM, ["provenance", "SLSA"], tag=tag, subject=SUBJECT)

    assert told(attachments_of(image, [SUBJECT])) == [("sbom", "tag", tag), ("provenance", "tag", tag)]


def test_what_was_not_read_yet_is_told_as_such(image: Image) -> None:
    tag = f"{SUBJECT.replace(':', '-')}.sig"
    TagFactory(image=image, manifest=ManifestFactory(image=image, kind="artifact", described_at=None), name=tag)
    unread = ManifestFactory(image=image, kind="artifact", described_at=None)

    (found,) = attachments_of(image, [SUBJECT], [[unread.digest, SUBJECT]])

    assert found.evidence == Evidence("artefact", "not read yet")


def test_what_holds_nothing_that_is_known_is_no_badge(image: Image) -> None:
    artefact(image, tag=f"{SUBJECT.replace(':', '-')}.sig", subject=SUBJECT)

    assert attachments_of(image, [SUBJECT]) == []


def test_however_many_referrers_there_are_a_page_lists_few(image: Image, django_assert_num_queries) -> None:
    for _ in range(LISTED + 5):
        artefact(image, SBOM, subject=SUBJECT)

    with django_assert_num_queries(3):
        assert len(attachments_of(image, [SUBJECT])) == LISTED
