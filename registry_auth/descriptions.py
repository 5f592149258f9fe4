"""Reading a manifest: what kind of thing it is, for which platforms, of which layers (OCI image-spec 1.1). Its authors are strangers.

Nothing in here raises for what stands in a manifest: what is not understood is an artefact with the size it claims. Nor does it matter
that the registry has looked at a manifest before: it takes `Digest` for `digest`, and of two keys the last.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from marketplace.models import Manifest
from marketplace.services.manifests import LayerDescription, ManifestDescription

INDEX_TYPES = frozenset({"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"})
_IMAGE_CONFIGS = frozenset({"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"})
_LAYER_PREFIXES = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
_ATTESTATION = "vnd.docker.reference.type"  # BuildKit's annotation of an index entry that is no image
_SHELL, _NO_COMMAND = "/bin/sh -c ", "/bin/sh -c #(nop)"
_LONG_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
MOST_CHILDREN = 100
_DIGEST = re.compile(
    r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}"
)  # OCI image-spec, "Digests", in hexadecimal as all of its algorithms are

Document = Mapping[str, Any]


def read_document(content: bytes | None) -> Document:
    """Return a JSON object; an empty one if the content is none."""
    try:
        document = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def config_digest(document: Document) -> str | None:
    """Return the digest of the image's configuration; None for what is no image."""
    config = _mapping(document.get("config"))
    return _digest(config) or None if _text(config.get("mediaType")) in _IMAGE_CONFIGS else None


def children_of(document: Document) -> list[Document]:
    """Return an index's entries, attestations left out."""
    entries = [_mapping(entry) for entry in _sequence(document.get("manifests"))[:MOST_CHILDREN]]
    return [entry for entry in entries if _digest(entry) and not _is_attestation(entry)]


def describe_index(document: Document, *, sizes: Mapping[str, int]) -> ManifestDescription:
    """Describe an index.

    Args:
        sizes: bytes that a pull of a child transfers, by digest, of those that are there.
    """
    children = children_of(document)
    return ManifestDescription(
        kind=Manifest.Kind.INDEX,
        size=max(sizes.values(), default=0),
        platforms=tuple(sorted({platform for child in children if (platform := _platform(_mapping(child.get("platform"))))})),
        children=tuple(child["digest"] for child in children),
    )


def _command(created_by: str) -> str:
    """Return the Dockerfile's line out of what builders write into the history (moby's classic builder and BuildKit)."""
    line = " ".join(created_by.removesuffix("# buildkit").split())
    if line.startswith(_NO_COMMAND):
        line = line.removeprefix(_NO_COMMAND).strip()
    elif line.startswith(_SHELL):
        line = "RUN " + line.removeprefix(_SHELL)
    return _LONG_HASH.sub(r"\1", line)


def describe_image(document: Document, config: Document) -> ManifestDescription:
    """Describe an image by its manifest and configuration, or an artefact (chart, signature, attestation) by its manifest."""
    layers = [_mapping(layer) for layer in _sequence(document.get("layers"))]
    size = pull_size(document)
    if config_digest(document) is None or not all(map(_is_layer, layers)):
        return ManifestDescription(kind=Manifest.Kind.ARTIFACT, size=size)
    commands = [
        _command(_text(step.get("created_by"))) for step in map(_mapping, _sequence(config.get("history"))) if not step.get("empty_layer")
    ]
    # A squashed or hand-made image has a history of another length: then nothing says which command made which layer.
    known = commands if len(commands) == len(layers) else [""] * len(layers)
    platform = _platform(config)
    return ManifestDescription(
        kind=Manifest.Kind.IMAGE,
        size=size,
        platforms=(platform,) if platform else (),
        image_created_at=_time(config.get("created")),
        layers=tuple(
            LayerDescription(digest=_digest(layer), size=_size(layer), command=command)
            for layer, command in zip(layers, known, strict=True)
        ),
    )


def pull_size(document: Document) -> int:
    """Return the bytes of an image's configuration and layers."""
    return sum(_size(_mapping(part)) for part in (document.get("config"), *_sequence(document.get("layers"))))


def _is_layer(part: Document) -> bool:
    return bool(_digest(part)) and _text(part.get("mediaType")).startswith(_LAYER_PREFIXES)


def _is_attestation(entry: Document) -> bool:
    platform = _mapping(entry.get("platform"))
    return _ATTESTATION in _mapping(entry.get("annotations")) or platform.get("os") == platform.get("architecture") == "unknown"


def _platform(named: Document) -> str:
    parts = [_text(named.get(part)) for part in ("os", "architecture", "variant")]
    return "/".join(part for part in parts if part) if parts[0] and parts[1] else ""


def _time(value: object) -> datetime | None:
    try:
        parsed = parse_datetime(_text(value))
        return parsed.astimezone(UTC) if parsed is not None and parsed.tzinfo is not None else None
    except (ValueError, OverflowError):  # well formed, but the 31st of February, or in UTC before the year 1 or after 9999
        return None


def _digest(part: Document) -> str:
    digest = _text(part.get("digest"))
    return digest if _DIGEST.fullmatch(digest) else ""


def _size(part: Document) -> int:
    size = part.get("size")
    return size if isinstance(size, int) and size >= 0 else 0


def _mapping(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
