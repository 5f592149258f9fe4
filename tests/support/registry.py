"""The real registry (Debian's docker-registry 2.8) for tests: its own folder and port, our certificates, its events sent to a listener."""

import hashlib
import json
import secrets
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path

import httpx

from marketplace.images.oci import CONFIG, INDEX, LAYER, MANIFEST
from tests.support.loopback import ask
from tests.support.ports import free_port

TRIES = 5

_CONFIGURATION = """
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
  redirect: {{disable: true}}
http: {{addr: 127.0.0.1:{port}, relativeurls: true, secret: only-for-tests, headers: {{X-Registry: [{name}]}}}}
auth:
  token: {{realm: "{realm}", service: layerstore, issuer: layerstore, rootcertbundle: {bundle}}}
notifications:
  endpoints:
    - {{name: layerstore, url: "{events_url}", headers: {{Authorization: ["Bearer {events_secret}"]}}, timeout: 5s, threshold: 5, backoff: 1s, ignore: {{mediatypes: [application/octet-stream]}}}}
"""


@dataclass
class Registry:
    """A running registry."""

    url: str
    start: Callable[[], subprocess.Popen]
    process: subprocess.Popen

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def ask(self, method: str, path: str, token: str | None = None, **request) -> httpx.Response:
        headers = {**request.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return ask(method, f"{self.url}{path}", headers=headers, **request)

    def restart(self) -> None:
        """Stop it, start it again with the same configuration, and return when it answers."""
        self.process.terminate()
        self.process.wait()
        self.process = self.start()


@contextmanager
def running_registry(folder: Path, *, bundle: Path, realm: str, events_url: str, events_secret: str) -> Iterator[Registry]:
    """Start a registry that keeps what it has in the folder; started again on the same folder, it has it still."""
    program = shutil.which("docker-registry")
    assert program, "docker-registry is missing: apt-get install docker-registry"
    for _ in range(TRIES):
        port = free_port()
        name = secrets.token_hex(8)
        settings = {"name": name, "root": folder / "data", "port": port, "realm": realm, "bundle": bundle, "events_url": events_url}
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "registry.yml"
        configuration.write_text(_CONFIGURATION.format(**settings, events_secret=events_secret))
        start = partial(_started, [program, "serve", str(configuration)], folder / "log", port, name)
        registry = Registry(f"http://127.0.0.1:{port}", start, start())
        try:
            if registry.process.poll() is None:
                yield registry
                return
        finally:
            registry.process.kill()
            registry.process.wait()
    raise AssertionError(f"no registry came up: see {folder / 'log'}")


def wait_until(true: Callable[[], object], *, seconds: float = 15) -> None:
    """Wait for something that another process brings about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


@dataclass
class OciImage:
    """A small image: one layer for each of its file contents."""

    contents: list[str]
    architecture: str = "amd64"
    created: str = "2026-11-22T10:00:00.123456789Z"
    blobs: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        layers = [self._blob(LAYER, _layer(content)) for content in self.contents]
        history = [{"created_by": f"COPY {content} /"} for content in self.contents]
        config = {
            "architecture": self.architecture,
            "os": "linux",
            "created": self.created,
            "config": {"Cmd": ["/true"]},
            "history": [*history, {"created_by": "CMD /true", "empty_layer": True}],
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        self.layers = layers
        self.config = self._blob(CONFIG, json.dumps(config).encode())
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.config, "layers": layers}
        self.manifest = json.dumps(manifest).encode()

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)

    @property
    def size(self) -> int:
        return sum(len(blob) for blob in self.blobs.values())

    def _blob(self, media_type: str, content: bytes) -> dict:
        self.blobs[digest_of(content)] = content
        return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}

    def push(self, registry: Registry, token: str, repository: str, reference: str) -> httpx.Response:
        for digest, content in self.blobs.items():
            started = registry.ask("POST", f"/v2/{repository}/blobs/uploads/", token)
            if started.status_code != 202:
                return started
            place = httpx.URL(f"{registry.url}{started.headers['Location']}").copy_merge_params({"digest": digest})
            path = place.raw_path.decode()
            assert (
                registry.ask("PUT", path, token, content=content, headers={"Content-Type": "application/octet-stream"}).status_code == 201
            )
        return put_manifest(registry, token, repository, reference, self.manifest, MANIFEST)

    def write_layout(self, folder: Path, tag: str) -> str:
        """Write an OCI layout for skopeo and return its name there."""
        (folder / "blobs" / "sha256").mkdir(parents=True)
        for digest, content in {**self.blobs, self.digest: self.manifest}.items():
            (folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).write_bytes(content)
        entry = {"mediaType": MANIFEST, "digest": self.digest, "size": len(self.manifest)}
        index = {"schemaVersion": 2, "manifests": [{**entry, "annotations": {"org.opencontainers.image.ref.name": tag}}]}
        (folder / "index.json").write_text(json.dumps(index))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return f"oci:{folder}:{tag}"


def index_of(images: list[OciImage], *, attestation: OciImage | None = None) -> bytes:
    """Return an index of images, with an attestation as BuildKit adds it."""
    entries = [
        {
            "mediaType": MANIFEST,
            "digest": image.digest,
            "size": len(image.manifest),
            "platform": {"os": "linux", "architecture": image.architecture},
        }
        for image in images
    ]
    if attestation:
        platform = {"os": "unknown", "architecture": "unknown"}
        annotations = {"vnd.docker.reference.type": "attestation-manifest"}
        size = len(attestation.manifest)
        entries.append(
            {"mediaType": MANIFEST, "digest": attestation.digest, "size": size, "platform": platform, "annotations": annotations}
        )
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def put_manifest(registry: Registry, token: str, repository: str, reference: str, content: bytes, media_type: str) -> httpx.Response:
    headers = {"Content-Type": media_type}
    return registry.ask("PUT", f"/v2/{repository}/manifests/{reference}", token, content=content, headers=headers)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _layer(content: str) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        entry = tarfile.TarInfo("file")
        entry.size = len(content)
        archive.addfile(entry, BytesIO(content.encode()))
    # gzip writes the time into its header: the same content shall be the same layer.
    return packed.getvalue()[:4] + b"\0\0\0\0" + packed.getvalue()[8:]


def _started(command: list[str], log: Path, port: int, name: str) -> subprocess.Popen:
    """Start a registry and wait for ours, not for one that another test run started on the same port a moment earlier."""

    def answers() -> bool:
        try:
            return bool(ask("GET", f"http://127.0.0.1:{port}/v2/").headers.get("X-Registry") == name)
        except httpx.HTTPError:
            return False

    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    wait_until(lambda: process.poll() is not None or answers())
    return process
