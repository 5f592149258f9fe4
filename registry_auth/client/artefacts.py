"""What a manifest that is no image holds, as its media types say: a signature, a bill of materials, a statement about a build.

Sources: OCI image-spec 1.1 ("artifactType", "subject"); cosign's SIGNATURE_SPEC, ATTESTATION_SPEC and SBOM_SPEC; notation's signature
specification; in-toto's attestation framework; BuildKit's "Attestation storage". Nothing is verified here.
"""

from typing import Final

from marketplace.contents.facts import LONGEST_VALUE, Evidence, readable
from marketplace.images.oci import is_digest
from registry_auth.client.documents import Document, mapping, sequence, text

MOST_EVIDENCE: Final = 16
MOST_ATTESTATIONS: Final = 100
_MOST_READ: Final = 200
_PREDICATE_KEYS: Final = ("in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType")
# By the beginning of a media type or a predicate type: kind, and what people call it.
_KNOWN: Final = (
    ("application/vnd.dev.cosign.simplesigning.", "signature", "cosign"),
    ("application/vnd.cncf.notary.signature", "signature", "Notary Project"),
    ("https://sigstore.dev/cosign/sign/", "signature", "cosign"),
    ("https://spdx.dev/Document", "sbom", "SPDX"),
    ("https://cyclonedx.org/", "sbom", "CycloneDX"),
    ("application/spdx+json", "sbom", "SPDX"),
    ("text/spdx", "sbom", "SPDX"),
    ("application/vnd.cyclonedx", "sbom", "CycloneDX"),
    ("application/vnd.syft+json", "sbom", "Syft"),
    ("https://slsa.dev/provenance/", "provenance", "SLSA"),
)
# Envelopes: what is in them says their predicate type, if anything does.
_ENVELOPES: Final = ("application/vnd.in-toto", "application/vnd.dsse.envelope.", "application/vnd.dev.sigstore.bundle")
_WITHOUT_MEANING: Final = ("application/vnd.oci.", "application/vnd.docker.", "application/octet-stream")


def evidence_of(document: Document) -> list[Evidence]:
    """Return what an artefact's manifest says that it holds, each kind once."""
    layers = [mapping(layer) for layer in sequence(document.get("layers"))[:_MOST_READ]]
    config = text(mapping(document.get("config")).get("mediaType"))
    whole = _predicate(mapping(document.get("annotations")))
    found = [_evidence(text(layer.get("mediaType")), _predicate(mapping(layer.get("annotations"))) or whole) for layer in layers]
    declared = _evidence(text(document.get("artifactType")) or config, whole)
    known = list(dict.fromkeys(one for one in (*found, declared) if one is not None))
    return _without_doubles(known)[:MOST_EVIDENCE]


def subject_of(document: Document) -> str:
    """Return the digest of the manifest that this one is about; nothing if it names none."""
    return _digest(mapping(document.get("subject")).get("digest"))


def attestations_of(document: Document) -> list[tuple[str, str]]:
    """Return digest and subject of each entry of an index that BuildKit calls an attestation."""
    found = []
    for entry in map(mapping, sequence(document.get("manifests"))[:_MOST_READ]):
        digest, subject = _digest(entry.get("digest")), _digest(mapping(entry.get("annotations")).get("vnd.docker.reference.digest"))
        if digest and subject:
            found.append((digest, subject))
    return found[:MOST_ATTESTATIONS]


def _evidence(media_type: str, predicate: str) -> Evidence | None:
    for named in (predicate, media_type):
        for beginning, kind, form in _KNOWN:
            if named.startswith(beginning):
                return Evidence(kind, form)
    if media_type.startswith(_ENVELOPES):
        return Evidence("attestation", readable(predicate or media_type, LONGEST_VALUE))
    return None if not media_type or media_type.startswith(_WITHOUT_MEANING) else Evidence("artefact", readable(media_type, LONGEST_VALUE))


def _without_doubles(found: list[Evidence]) -> list[Evidence]:
    """Leave out what only says that there is something, where something else says what."""
    said = [one for one in found if one.kind != "artefact"]
    return said or found


def _predicate(annotations: Document) -> str:
    return next((text(annotations[key]) for key in _PREDICATE_KEYS if text(annotations.get(key))), "")


def _digest(value: object) -> str:
    digest = text(value)
    return digest if is_digest(digest) else ""
