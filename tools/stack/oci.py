"""An image as a folder in OCI layout, made without a daemon: what skopeo pushes where dockerd cannot run."""

import gzip
import hashlib
import io
import json
import platform
import shutil
import tarfile
from pathlib import Path
from typing import Any

from tools.stack.recipes import Recipe

EPOCH = "2026-01-01T00:00:00Z"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_layout(recipe: Recipe, context: Path, target: Path) -> None:
    """Write the recipe, whose build context has been written, as an OCI image layout (image-spec, "Image Layout Specification")."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "blobs" / "sha256").mkdir(parents=True)
    (target / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    tars = [pack(context / layer.name) for layer in recipe.layers]
    layers = [_blob(target, gzip.compress(tar, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip") for tar in tars]
    config = _blob(target, json.dumps(_config(recipe, tars)).encode(), "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}
    entry = _blob(target, json.dumps(manifest).encode(), manifest["mediaType"])
    entry["annotations"] = {"org.opencontainers.image.ref.name": recipe.tag}
    (target / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def pack(folder: Path) -> bytes:
    """Return a folder as a tar in which nothing but the content shows: no owner, no time, one order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            info = tar.gettarinfo(path, str(path.relative_to(folder)))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = 0
            if info.isreg():
                info.type = tarfile.REGTYPE
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)
    return buffer.getvalue()


def _blob(target: Path, content: bytes, media_type: object) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    (target / "blobs" / "sha256" / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _config(recipe: Recipe, tars: list[bytes]) -> dict[str, Any]:
    return {
        "created": EPOCH,
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": list(recipe.entrypoint), "Labels": dict(recipe.labels)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]},
        "history": [{"created": EPOCH, "created_by": f"COPY {layer.name}/ / # buildkit"} for layer in recipe.layers],
    }
