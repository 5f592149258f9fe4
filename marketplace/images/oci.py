"""What OCI and Docker call things: media types, and the grammar of names, tags and digests. Pure: knows no Django.

Sources: OCI image-spec 1.1 ("Media Types", "Digests"), OCI distribution-spec 1.1 ("Pulling manifests"), and Docker's older media types
(distribution, "Image Manifest Version 2, Schema 2"). The patterns are for `fullmatch`; none of them has a group.
"""

import re
from typing import Final

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_SIGNED_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"  # schema 1: appears in events, is never read

INDEX_TYPES: Final = frozenset({INDEX, DOCKER_INDEX})
IMAGE_TYPES: Final = frozenset({MANIFEST, DOCKER_MANIFEST})
MANIFEST_TYPES: Final = (INDEX, MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)  # in the order in which they are requested from a registry
CONFIG_TYPES: Final = frozenset({CONFIG, "application/vnd.docker.container.image.v1+json"})
LAYER_PREFIXES: Final = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")

COMPONENT: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"  # one part of a repository, between slashes
LONGEST_NAME: Final = 255  # distribution/reference: the repository, with the host in front of it where there is one
TAG: Final = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"
LONGEST_TAG: Final = 128
SHA256: Final = r"sha256:[0-9a-f]{64}"
LONGEST_DIGEST: Final = 140
SIGNATURE_PREFIX: Final = "sha256-"  # of tags that carry signatures and attestations (cosign; the referrers tag schema)

_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}", re.ASCII)  # in hexadecimal, as all registered algorithms are


def is_digest(text: str) -> bool:
    """Whether the text is a digest of whatever algorithm, and short enough to be stored."""
    return len(text) <= LONGEST_DIGEST and _DIGEST.fullmatch(text) is not None
