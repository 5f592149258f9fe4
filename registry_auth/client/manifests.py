"""Parsing manifests: of which kind, for which platforms and of which layers (OCI image-spec 1.1). They were written by strangers.

Nothing here raises, whatever a manifest contains: what is not understood is an artefact of the size that it claims. That the registry has
accepted a manifest proves little: it takes `Digest` for `digest`, and the last of two equal keys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime

from marketplace.contents.secrets import hide_secrets
from marketplace.images.models import Manifest
from marketplace.images.oci import CONFIG_TYPES, LAYER_PREFIXES, MANIFEST_TYPES, is_digest
from marketplace.images.platforms import platform_of
from marketplace.images.services.manifests import ChildDescription, LayerDescription, ManifestDescription
from registry_auth.client.documents import Document
from registry_auth.client.documents import mapping as _mapping
from registry_auth.client.documents import sequence as _sequence
from registry_auth.client.documents import text as _text

_ATTESTATION = "vnd.docker.reference.type"  # BuildKit's annotation of an index entry that is not an image
_SHELL, _NO_COMMAND = "/bin/sh -c ", "/bin/sh -c #(nop)"
_LONG_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
MOST_CHILDREN = 100


def read_document(content: bytes | None) -> Document:
    """Return a JSON object; an empty one if the content is not one."""
    try:
        document = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def config_digest(document: Document) -> str | None:
    """Return the digest of the image's configuration; None if this is not an image."""
    config = _mapping(document.get("config"))
    return _digest(config) or None if _text(config.get("mediaType")) in CONFIG_TYPES else None


def children_of(document: Document) -> list[ChildDescription]:
    """Return the manifests that an index names, each once, without attestations and without entries that are layers or configurations.

    BuildKit's cache is an index of layers and one configuration: when these are requested as manifests, distribution answers 500.
    """
    children = [_child(entry) for entry in map(_mapping, _sequence(document.get("manifests"))[:MOST_CHILDREN]) if _names_manifest(entry)]
    return list({child.digest: child for child in children}.values())


@dataclass(frozen=True, slots=True)
class Part:
    """What a manifest needs to be pulled whole.

    Attributes:
        is_manifest: it is read as a manifest, and not as a blob.
        size: bytes.
    """

    digest: str
    size: int
    is_manifest: bool = False


def parts_of(document: Document) -> list[Part]:
    """Return all that a pull of the manifest reads: configuration, layers and children. Layers that lie elsewhere (`urls`) are left out."""
    blobs = (document.get("config"), *_sequence(document.get("layers")))
    parts = [Part(_digest(part), _size(part)) for part in map(_mapping, blobs) if _digest(part) and not part.get("urls")]
    entries = [entry for entry in map(_mapping, _sequence(document.get("manifests"))) if _digest(entry)]
    return parts + [Part(_digest(entry), _size(entry), entry.get("mediaType", "") in ("", *MANIFEST_TYPES)) for entry in entries]


def describe_index(document: Document, *, known: Mapping[str, ManifestDescription]) -> ManifestDescription:
    """Describe an index: what can run on which platform, as its entries say or, where they do not, the manifests that they name.

    Args:
        known: the children that are there, by digest. Without an image among them nothing can be run: the index is an artefact.
    """
    children = children_of(document)
    runnable = {digest: child for digest, child in known.items() if child.kind != Manifest.Kind.ARTIFACT}
    if not runnable:
        return ManifestDescription(kind=Manifest.Kind.ARTIFACT, size=max((child.size for child in known.values()), default=0))
    platforms = {
        platform
        for child in children
        if child.digest in runnable
        for platform in ([child.platform] if child.platform else runnable[child.digest].platforms)
    }
    return ManifestDescription(
        kind=Manifest.Kind.INDEX,
        size=max(child.size for child in runnable.values()),
        platforms=tuple(sorted(platforms)),
        children=tuple(child.digest for child in children),
    )


def dockerfile_line(created_by: str) -> str:
    """Return the Dockerfile's line from what builders write into the history (moby's classic builder and BuildKit)."""
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
    steps = [step for step in map(_mapping, _sequence(config.get("history"))) if not step.get("empty_layer")]
    commands = [hide_secrets(dockerfile_line(_text(step.get("created_by")))) for step in steps]
    # The history of a squashed or hand-made image has another length: then nothing says which command made which layer.
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


def _names_manifest(entry: Document) -> bool:
    return bool(_digest(entry)) and entry.get("mediaType", "") in ("", *MANIFEST_TYPES) and not _is_attestation(entry)


def _child(entry: Document) -> ChildDescription:
    platform = _platform(_mapping(entry.get("platform")))
    return ChildDescription(digest=_digest(entry), media_type=_text(entry.get("mediaType")), size=_size(entry), platform=platform)


def _is_layer(part: Document) -> bool:
    return bool(_digest(part)) and _text(part.get("mediaType")).startswith(LAYER_PREFIXES)


def _is_attestation(entry: Document) -> bool:
    platform = _mapping(entry.get("platform"))
    return _ATTESTATION in _mapping(entry.get("annotations")) or platform.get("os") == platform.get("architecture") == "unknown"


def _platform(named: Document) -> str:
    return platform_of(*(_text(named.get(part)) for part in ("os", "architecture", "variant")))


def _time(value: object) -> datetime | None:
    try:
        parsed = parse_datetime(_text(value))
        return parsed.astimezone(UTC) if parsed is not None and parsed.tzinfo is not None else None
    except (ValueError, OverflowError):  # well formed, but the 31st of February, or in UTC before the year 1 or after 9999
        return None


def _digest(part: Document) -> str:
    digest = _text(part.get("digest"))
    return digest if is_digest(digest) else ""


def _size(part: Document) -> int:
    size = part.get("size")
    return size if isinstance(size, int) and size >= 0 else 0
