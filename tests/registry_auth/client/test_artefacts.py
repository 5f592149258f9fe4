"""What an artefact beside an image holds, by its media types alone."""

import pytest

from marketplace.contents.facts import Evidence
from registry_auth.client.artefacts import MOST_ATTESTATIONS, MOST_EVIDENCE, attestations_of, evidence_of, subject_of
from registry_auth.client.manifests import read_document
from tests.support import hostile
from tests.support.registry import OciImage, digest_of, index_of

SOME = digest_of(b"something")
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json"}
IN_TOTO = "application/vnd.in-toto+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def layer(media_type: str, **annotations: str) -> dict:
    return {"mediaType": media_type, "annotations": annotations}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"layers": [layer("application/vnd.dev.cosign.simplesigning.v1+json")]}, [("signature", "cosign")], id="cosign"),
        pytest.param({"artifactType": "application/vnd.cncf.notary.signature"}, [("signature", "Notary Project")], id="notation"),
        pytest.param(
            {"config": {"mediaType": "application/vnd.cncf.notary.signature"}}, [("signature", "Notary Project")], id="older notation"
        ),
        pytest.param(
            {
                "artifactType": BUNDLE,
                "config": EMPTY,
                "layers": [layer(BUNDLE)],
                "annotations": {"dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1"},
            },
            [("signature", "cosign")],
            id="cosign's bundle",
        ),
        pytest.param({"layers": [layer("text/spdx+json")]}, [("sbom", "SPDX")], id="cosign's attached bill"),
        pytest.param({"layers": [layer("application/vnd.cyclonedx+json")]}, [("sbom", "CycloneDX")], id="CycloneDX"),
        pytest.param(
            {
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json"},
                "layers": [
                    layer(IN_TOTO, **{"in-toto.io/predicate-type": "https://spdx.dev/Document"}),
                    layer(IN_TOTO, **{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}),
                ],
            },
            [("sbom", "SPDX"), ("provenance", "SLSA")],
            id="BuildKit's attestation",
        ),
        pytest.param(
            {"layers": [layer("application/vnd.dsse.envelope.v1+json", predicateType="https://example.test/scan")]},
            [("attestation", "https://example.test/scan")],
            id="a statement of another kind",
        ),
        pytest.param({"layers": [layer(IN_TOTO)]}, [("attestation", IN_TOTO)], id="a statement that does not say of what"),
        pytest.param(
            {"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}},
            [("artefact", "application/vnd.cncf.helm.config.v1+json")],
            id="a chart",
        ),
        pytest.param({"config": EMPTY, "layers": [layer("application/octet-stream")]}, [], id="nothing that is known"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_an_artefact_holds_what_its_media_types_say(document: dict, expected: list) -> None:
    assert evidence_of(document) == [Evidence(*one) for one in expected]


def test_an_artefact_may_say_what_it_is_about() -> None:
    assert subject_of({"subject": {"digest": SOME}}) == SOME
    assert subject_of({"subject": {"digest": "sha256:zz"}}) == subject_of({"subject": SOME}) == subject_of({}) == ""


def test_an_index_tells_which_of_its_entries_are_attestations_and_of_what() -> None:
    image, attestation = OciImage(["one"]), OciImage(["attestation"])
    index = read_document(index_of([image], attestation=attestation))
    assert attestations_of(index) == []  # without a reference it is about nothing
    index["manifests"][1]["annotations"]["vnd.docker.reference.digest"] = image.digest

    assert attestations_of(index) == [(attestation.digest, image.digest)]


def test_however_many_entries_there_are_few_are_kept() -> None:
    entry = {"digest": SOME, "annotations": {"vnd.docker.reference.digest": SOME}}

    assert len(attestations_of({"manifests": [entry] * 1_000})) == MOST_ATTESTATIONS
    assert len(evidence_of({"layers": [layer(f"application/x-{n}") for n in range(1_000)]})) == MOST_EVIDENCE


def test_nothing_that_an_artefact_may_be_is_an_error() -> None:
    for value in hostile.VALUES:
        document = dict.fromkeys(("artifactType", "config", "layers", "annotations", "subject", "manifests"), value) | {
            "layers": [value, {"mediaType": value, "annotations": {"predicateType": value}}],
            "manifests": [value, {"annotations": value}],
        }
        assert subject_of(document) == ""
        assert attestations_of(document) == []
        for one in evidence_of(document):
            one.form.encode()
            assert "\x00" not in one.form
