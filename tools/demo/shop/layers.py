"""Layers: small, real tars whose content is the same each time, and the stacks of them that images stand on."""

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from marketplace.images.oci import LAYER
from tools.demo.shop.goods import read_shops

SEED: Final = "layerstore"
_KILOBYTE: Final = 1_000
_USERS: Final = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
# What a stack stands on, and the commands of its own layers with about how many kilobytes each has. Only Basalt's are in the shop:
# the others are bases that people bring along.
_STACKS: Final[Mapping[str, tuple[str, Sequence[tuple[str, int]]]]] = {
    "debian": ("", (("ADD debian-trimmed.tar.xz /", 46), ("COPY certificates/ /etc/ssl/certs/", 9))),
    "static": ("", (("COPY rootfs/ /", 8),)),
    "alpine": ("", (("ADD alpine-minirootfs.tar.gz /", 19),)),
    "python": ("debian", (("RUN ./build-python --enable-optimizations --with-lto", 64),)),
    "java": ("debian", (("COPY --from=jlink /jre /opt/java", 88),)),
    "node": ("alpine", (("RUN apk add --no-cache nodejs npm", 58),)),
}
_BASES: Final = "basalt"  # the namespace of those who sell the stacks


@dataclass(frozen=True, slots=True)
class Blob:
    """Content under its digest, as a registry stores it."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """Return how a manifest names it (OCI image-spec, "Content Descriptors")."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content), **more}


@dataclass(frozen=True, slots=True)
class LayerBlob:
    """A layer: packed, by the digest of what is packed, and by the command that made it."""

    blob: Blob
    diff_id: str
    command: str


def document(value: Mapping[str, Any], media_type: str) -> Blob:
    """Return a JSON document as a blob."""
    return Blob(json.dumps(value, separators=(",", ":")).encode(), media_type)


@cache
def make_layer(command: str, kilobytes: int, key: str) -> LayerBlob:
    """Return the layer that a command makes: one file or two, of about this size when packed.

    Args:
        key: what the content depends on besides the command: platform and version.
    """
    noise = random.Random(f"{SEED} {command} {key}")
    body = noise.randbytes(int(kilobytes * _KILOBYTE * noise.uniform(0.85, 1.1)))
    files = {_place(command): body} | ({"etc/passwd": _USERS.encode()} if command.startswith("ADD") else {})
    packed = _pack(files)
    return LayerBlob(Blob(gzip.compress(packed, 1, mtime=0), LAYER), f"sha256:{hashlib.sha256(packed).hexdigest()}", command)


def stack_layers(stack: str, platform: str, age: int) -> list[LayerBlob]:
    """Return the layers of a stack as it was so many days ago, base first; none without a stack."""
    if not stack:
        return []
    below, own = _STACKS[stack]
    release, released = _release(stack, age)
    lower = stack_layers(below, platform, released)
    return lower + [make_layer(command, size, f"{platform} {stack} {release}") for command, size in own]


def _release(stack: str, age: int) -> tuple[str, int]:
    """Return which version of a stack was the newest so many days ago, and how old that is by now."""
    versions = _releases().get(stack, ())
    out = [version for version in versions if version[1] >= age]
    return out[-1] if out else (versions[0] if versions else ("1", age))


@cache
def _releases() -> dict[str, tuple[tuple[str, int], ...]]:
    bases = next(shop for shop in read_shops() if shop.namespace == _BASES)
    return {image.name: image.versions for image in bases.images if image.name in _STACKS}


def _place(command: str) -> str:
    """Return where a command puts its file: the destination of a COPY or ADD, a library's place for everything else."""
    last = command.rsplit(maxsplit=1)[-1]
    path = last.lstrip("/") if command.startswith(("COPY", "ADD")) else f"usr/lib/{last.strip('.').replace('/', '-')}.so"
    return f"{path}content.bin" if not path or path.endswith("/") else path


def _pack(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content in sorted(files.items()):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
