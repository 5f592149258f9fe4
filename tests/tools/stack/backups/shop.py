"""A shop's folders, to take backups of."""

import json
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tools.stack.backups import taking
from tools.stack.backups.layers import REPOSITORIES, blob_file
from tools.stack.instance import Instance
from tools.stack.problems import Problem

MIGRATIONS = ["registry_auth.0001_initial", "account.0001_initial"]


class Shop:
    """Folders as a shop's, with a registry that we fill."""

    def __init__(self, var: Path) -> None:
        self.instance = Instance(port=8080, var=var)
        (var / "log").mkdir(parents=True)
        (var / "keys" / "authority").mkdir(parents=True, mode=0o700)
        (var / "keys" / "authority" / "one.pem").write_text("authority")
        (var / "media" / "pictures").mkdir(parents=True)
        (var / "media" / "pictures" / "one.png").write_bytes(b"picture")
        (var / "sandbox").mkdir()
        assert self.instance.secrets  # made with the first look
        with sqlite3.connect(var / taking.SANDBOX) as store:
            store.execute("CREATE TABLE mails (subject TEXT)")
            store.execute("INSERT INTO mails VALUES ('Welcome')")
        store.close()
        self.manifests: dict[str, dict[str, bool]] = {}
        self.migrations = [*MIGRATIONS]

    @property
    def registry(self) -> Path:
        return self.instance.var / "registry"

    def link(self, repository: str, *path: str, digest: str) -> Path:
        file = self.registry / REPOSITORIES / repository / Path(*path) / "link"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"sha256:{digest}")
        return file

    def blob(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        blob_file(self.registry, digest).parent.mkdir(parents=True, exist_ok=True)
        blob_file(self.registry, digest).write_bytes(content)
        return digest

    def document(self, repository: str, document: dict, *, sold: bool = True) -> str:
        digest = self.blob(json.dumps(document).encode())
        self.link(repository, "_manifests", "revisions", "sha256", digest, digest=digest)
        self.manifests.setdefault(repository, {})[digest] = sold
        return digest

    def image(self, repository: str, *layers: bytes, tag: str = "1.0", sold: bool = True) -> str:
        parts = [self.blob(layer) for layer in (b"{}", *layers)]
        for part in parts:
            self.link(repository, "_layers", "sha256", part, digest=part)
        config, *rest = ({"digest": f"sha256:{part}"} for part in parts)
        digest = self.document(repository, {"config": config, "layers": rest}, sold=sold)
        self.link(repository, "_manifests", "tags", tag, "current", digest=digest)
        return digest


def content(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def problem_of(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.what
