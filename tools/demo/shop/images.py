"""Images as registries have them: configuration, manifest and index of each version, and the signatures and statements beside them.

Sources: OCI image-spec 1.1; BuildKit's "Attestation storage"; cosign's SIGNATURE_SPEC. The signatures are of nobody: no key made them.
"""

import base64
import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from marketplace.images.oci import CONFIG, INDEX, MANIFEST
from tools.demo.shop.goods import ImageSpec, Shop, read_licences, read_shops
from tools.demo.shop.layers import SEED, Blob, LayerBlob, document, make_layer, stack_layers

_LABEL: Final = "org.opencontainers.image"
_SIMPLE_SIGNING: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
_EMPTY: Final = Blob(b"{}", "application/vnd.oci.empty.v1+json")
_NOWHERE: Final = {"os": "unknown", "architecture": "unknown"}
_PREDICATES: Final = ("https://spdx.dev/Document", "https://slsa.dev/provenance/v0.2")


@dataclass(frozen=True, slots=True)
class Push:
    """A manifest and what it is pushed as: a tag, or its digest."""

    manifest: Blob
    reference: str


@dataclass(slots=True)
class Version:
    """A version of an image: what is pushed for it, in order, and what people pull.

    Attributes:
        digest: of the index or, for one platform, of the manifest: what its tags point at.
        platforms: the manifest of each, by its digest.
        blobs: layers and configurations, without those of earlier versions left out.
    """

    name: str
    at: datetime
    digest: str = ""
    platforms: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)

    @property
    def tags(self) -> list[str]:
        """The names under which it is pushed: its own, that of its minor version, and `latest`."""
        parts = self.name.split(".")
        return [self.name, *([".".join(parts[:2])] if len(parts) == 3 else []), "latest"]  # noqa: PLR2004  major, minor, patch

    def add(self, manifest: Blob, references: Iterable[str], *blobs: Blob) -> str:
        """Take a manifest, under each of these names, with its blobs in; return its digest."""
        self.blobs |= {blob.digest: blob for blob in blobs}
        self.pushes += [Push(manifest, reference) for reference in references]
        return manifest.digest


def moment(today: date, age: int, seed: str) -> datetime:
    """Return a moment of the working day so many days ago, the same for the same seed."""
    seconds = random.Random(f"{SEED} {seed}").randrange(7 * 3600, 18 * 3600)
    return datetime.combine(today - timedelta(days=age), time(tzinfo=UTC)) + timedelta(seconds=seconds)


def build_versions(shop: Shop, spec: ImageSpec, today: date) -> list[Version]:
    """Return all versions of an image, oldest first."""
    return [_build(shop, spec, name, age, today) for name, age in spec.versions]


def _build(shop: Shop, spec: ImageSpec, name: str, age: int, today: date) -> Version:
    version = Version(name, moment(today, age, f"{shop.namespace}/{spec.name}:{name}"))
    manifests = {platform: _platform_image(shop, spec, version, platform, age) for platform in spec.platforms}
    version.platforms = {platform_name(platform): manifest.digest for platform, manifest in manifests.items()}
    if len(manifests) == 1 and not spec.attested:
        (manifest,) = manifests.values()
        version.digest = version.add(manifest, version.tags)
    else:
        version.digest = _index(spec, version, manifests)
    if spec.signed:
        _sign(f"{shop.namespace}/{spec.name}", version)
    if spec.sbom:
        _lay_sbom_beside(spec, version)
    return version


def platform_name(platform: str) -> str:
    """Return the name under which the shop has a platform."""
    return f"linux/{platform}"


def _platform_image(shop: Shop, spec: ImageSpec, version: Version, platform: str, age: int) -> Blob:
    layers = layers_of(spec, version.name, platform, age)
    config = document(_configuration(shop, spec, version, platform, layers), CONFIG)
    manifest = document(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.blob.descriptor() for layer in layers],
        },
        MANIFEST,
    )
    version.blobs |= {blob.digest: blob for blob in (config, *(layer.blob for layer in layers))}
    return manifest


def layers_of(spec: ImageSpec, version: str, platform: str, age: int) -> list[LayerBlob]:
    """Return the layers of one platform, base first. The last one is new in each version; what is below it, only with its stack."""
    lower = _copied(spec.copies, platform, age) if spec.copies else stack_layers(spec.stack, platform, age)
    last = len(spec.layers) - 1
    keys = [f"{platform} {spec.name} {version if place == last else ''}" for place in range(len(spec.layers))]
    return lower + [make_layer(command, size, key) for (command, size), key in zip(spec.layers, keys, strict=True)]


def _copied(repository: str, platform: str, age: int) -> list[LayerBlob]:
    """Return the layers of somebody else's image, as it was so many days ago."""
    namespace, _, name = repository.partition("/")
    (spec,) = (image for shop in read_shops() if shop.namespace == namespace for image in shop.images if image.name == name)
    version, released = [one for one in spec.versions if one[1] >= age][-1]
    return layers_of(spec, version, platform, released)


def _configuration(shop: Shop, spec: ImageSpec, version: Version, platform: str, layers: list[LayerBlob]) -> dict[str, Any]:
    architecture, _, variant = platform.partition("/")
    created = version.at.isoformat().replace("+00:00", "Z")
    settings = [f"ENV {name}={value}" for name, value in spec.env.items()]
    ends = [*settings, *([f"USER {spec.user}"] if spec.user else []), *([f"EXPOSE {' '.join(spec.ports)}"] if spec.ports else [])]
    steps: list[dict[str, Any]] = [{"created": created, "created_by": f"{layer.command} # buildkit"} for layer in layers]
    steps += [{"created": created, "created_by": f"{line} # buildkit", "empty_layer": True} for line in ends]
    return {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        **({"variant": variant} if variant else {}),
        "config": _run(shop, spec, version),
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": steps,
    }


def _run(shop: Shop, spec: ImageSpec, version: Version) -> dict[str, Any]:
    licence = next((product.licence for product in shop.products if product.holds == (spec.name,)), "")
    labels = {
        f"{_LABEL}.title": spec.name,
        f"{_LABEL}.vendor": shop.name,
        f"{_LABEL}.version": version.name,
        f"{_LABEL}.created": version.at.isoformat(),
        **({f"{_LABEL}.licenses": licence} if licence in read_licences() else {}),
        **({f"{_LABEL}.url": f"https://{shop.domain}/{spec.name}"} if shop.domain else {}),
    }
    values: dict[str, Any] = {
        "Env": [f"{name}={value}" for name, value in spec.env.items()],
        "Entrypoint": list(spec.entrypoint),
        "Cmd": list(spec.command),
        "ExposedPorts": {port: {} for port in spec.ports},
        "Volumes": {volume: {} for volume in spec.volumes},
        "User": spec.user,
        "WorkingDir": spec.workdir,
    }
    return {name: value for name, value in values.items() if value} | {"Labels": labels}


def _index(spec: ImageSpec, version: Version, manifests: dict[str, Blob]) -> str:
    entries = []
    for platform, manifest in manifests.items():
        version.add(manifest, [manifest.digest])
        entries.append(manifest.descriptor(platform=_platform(platform)))
    if spec.attested:
        entries += [_attest(spec, version, manifest.digest) for manifest in manifests.values()]
    index = document({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX)
    return version.add(index, version.tags)


def _platform(platform: str) -> dict[str, str]:
    architecture, _, variant = platform.partition("/")
    return {"os": "linux", "architecture": architecture, **({"variant": variant} if variant else {})}


def _attest(spec: ImageSpec, version: Version, subject: str) -> dict[str, Any]:
    """Push what BuildKit says of a build, and return its entry in the index: an attestation, for no platform."""
    statements = [_statement(spec, version, subject, predicate) for predicate in _PREDICATES]
    config = document({"os": "unknown", "architecture": "unknown", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}, CONFIG)
    layers = [
        statement.descriptor(annotations={"in-toto.io/predicate-type": predicate})
        for statement, predicate in zip(statements, _PREDICATES, strict=True)
    ]
    manifest = document({"schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(), "layers": layers}, MANIFEST)
    version.add(manifest, [manifest.digest], config, *statements)
    annotations = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject}
    return manifest.descriptor(platform=_NOWHERE, annotations=annotations)


def _statement(spec: ImageSpec, version: Version, subject: str, predicate: str) -> Blob:
    about = [{"name": f"{spec.name}:{version.name}", "digest": {"sha256": subject.partition(":")[2]}}]
    return document(
        {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": predicate, "subject": about, "predicate": {"name": spec.name}},
        "application/vnd.in-toto+json",
    )


def _sign(repository: str, version: Version) -> None:
    """Lay a signature beside the version, under the tag at which cosign looks for it."""
    payload = document(
        {
            "critical": {
                "identity": {"docker-reference": repository},
                "image": {"docker-manifest-digest": version.digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        },
        _SIMPLE_SIGNING,
    )
    signature = base64.b64encode(hashlib.sha256(payload.content + SEED.encode()).digest() * 2).decode()
    layer = payload.descriptor(annotations={"dev.cosignproject.cosign/signature": signature})
    config = document({"os": "", "architecture": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": [payload.digest]}}, CONFIG)
    manifest = document({"schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(), "layers": [layer]}, MANIFEST)
    version.add(manifest, [f"{version.digest.replace(':', '-')}.sig"], config, payload)


def _lay_sbom_beside(spec: ImageSpec, version: Version) -> None:
    """Lay a bill of materials beside the version as a referrer, and list it under the tag for clients of registries that list none."""
    bill = document({"name": f"{spec.name} {version.name}", "packages": list(_packages(spec, version))}, spec.sbom)
    subject = {"mediaType": INDEX if len(version.platforms) > 1 or spec.attested else MANIFEST, "digest": version.digest}
    size = next(len(push.manifest.content) for push in version.pushes if push.manifest.digest == version.digest)
    manifest = document(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": spec.sbom,
            "config": _EMPTY.descriptor(),
            "layers": [bill.descriptor()],
            "subject": subject | {"size": size},
        },
        MANIFEST,
    )
    version.add(manifest, [manifest.digest], _EMPTY, bill)
    referrers = document({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest.descriptor(artifactType=spec.sbom)]}, INDEX)
    version.add(referrers, [version.digest.replace(":", "-")])


def _packages(spec: ImageSpec, version: Version) -> Iterator[dict[str, str]]:
    yield {"name": spec.name, "versionInfo": version.name}
    for command, _ in spec.layers:
        yield from ({"name": word, "versionInfo": "1"} for word in command.split() if word.isalnum() and word.islower())
